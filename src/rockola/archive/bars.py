"""Summaries: how wide the bars over time are, and counting by hand what an adapter cannot count itself."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from rockola.archive import Group, Query, Summary

MINUTE = 60_000  # milliseconds
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
WIDTHS = (
    *(minutes * MINUTE for minutes in (1, 2, 5)),
    *(hours * HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * DAY for days in (1, 2, 7, 14, 28)),
)
MOST_BARS = 120


class Counted(NamedTuple):
    """A record as it is counted; `received_at` is 0 where there is none."""

    group: Group
    received_at: int


def width_of(first: int, last: int) -> int:
    """The narrowest bar, in milliseconds, of which few are enough from one instant to another."""
    return next((width for width in WIDTHS if (last - first) // width <= MOST_BARS), WIDTHS[-1])


def summarise(counted: Sequence[Counted], whole: bool) -> Summary:
    """The summary of the newest records that match, and whether these are all."""
    times = [one.received_at for one in counted if one.received_at]
    width = width_of(times[-1], times[0]) if times else MINUTE
    bars = Counter(time // width * width for time in times)
    return Summary(
        Counter(one.group for one in counted), bars, width, whole, None if whole else counted[-1].received_at
    )


def bar_starts(minutes: range, width: int) -> range:
    """The minute at which each bar of so many starts, newest first."""
    if not minutes:
        return range(0)
    return range((minutes.stop - 1) // width * width, minutes.start // width * width - 1, -width)


def is_aligned(query: Query) -> bool:
    """Whether a query asks for whole minutes."""
    return not any((bound or 0) % MINUTE for bound in (query.since, query.until))
