"""Votes by minute and candidate, out of the tally's own counts."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import msgspec

from rockola.tally import Tally
from rockola.vote.rules import MINUTE
from rockola.web.results import Standing
from rockola.web.watch import stamp

SPAN = 60  # minutes shown when it is not said since when
LONGEST = 1440  # minutes of one answer
LEADING = 5  # lines of their own
AGE = 1.0  # seconds an answer is given again, however many ask


@dataclass(frozen=True)
class Line:
    """A candidate's counted votes, of each minute; those of all together where no names are to be seen."""

    name: str | None
    album: str | None
    votes: tuple[int, ...]


@dataclass(frozen=True)
class Timeseries:
    """Lines that begin at the minute `start` and have a number for each that follows; most votes first."""

    start: str
    candidates: tuple[Line, ...]


class Timeline:
    """The minutes of a tally; the tally is read at most once a second for each beginning that is asked for."""

    def __init__(self, tally: Tally, now: Callable[[], float] = time.time) -> None:
        self._tally, self._now = tally, now
        self._lock = Lock()
        self._read: dict[int, tuple[float, Timeseries]] = {}

    def since(self, instant: int | None = None) -> Timeseries:
        """From the minute of an instant (Unix milliseconds) on, a day at most; an hour's when it is not said."""
        last = int(self._now() * 1000) // MINUTE
        first = last - SPAN + 1 if instant is None else min(instant // MINUTE, last)
        with self._lock:
            asked = time.monotonic()
            self._read = {start: kept for start, kept in self._read.items() if asked - kept[0] < AGE}
            if first not in self._read:
                minutes = range(first, min(last + 1, first + LONGEST))
                self._read[first] = asked, tabulate(self._tally.minutes(first), minutes)
            return self._read[first][1]


def tabulate(counts: Mapping[str, int], minutes: range) -> Timeseries:
    """The counts by minute as lines; what lies outside the minutes is left out."""
    lines: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for text, number in counts.items():
        _, name, album, minute = msgspec.json.decode(text)
        if minute in minutes:
            lines[name, album][minute] += number
    ranked = sorted(lines, key=lambda key: (-lines[key].total(), key))
    candidates = (Line(*key, tuple(lines[key][minute] for minute in minutes)) for key in ranked)
    return Timeseries(stamp(minutes.start * MINUTE / 1000), tuple(candidates))


def leading(series: Timeseries, standings: Sequence[Standing]) -> list[Line]:
    """The lines of the leading candidates in the order of their places, and one without a name for all the others."""
    found = {(line.name, line.album): line for line in series.candidates}
    shown = [found.pop((one.name, one.album)) for one in standings[:LEADING] if (one.name, one.album) in found]
    if not found:
        return shown
    return [*shown, Line(None, None, tuple(map(sum, zip(*(line.votes for line in found.values()), strict=True))))]
