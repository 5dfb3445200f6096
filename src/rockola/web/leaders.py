"""The leading candidates as a metric: as many as a catalogue has, not as many as voters may think of."""

from collections.abc import Callable
from contextlib import suppress

from prometheus_client import Gauge

from rockola.vote.errors import Unavailable
from rockola.web.results import Results

MOST = 100  # series that anybody who may vote can make


class Leaders:
    """Sets the gauge to the votes of each leader; whoever is none any more is told no longer.

    `results` are those that everybody may see: a candidate without a name is not told.
    """

    def __init__(self, results: Callable[[], Results], gauge: Gauge) -> None:
        self._results, self._gauge = results, gauge
        self._told: set[tuple[str | None, str | None]] = set()

    def look(self) -> None:
        """One look at the results; while there are none to be had, those told before stay."""
        with suppress(Unavailable):
            leading = self._results().candidates[:MOST]
            votes = {(one.name, one.album): one.votes for one in leading if one.votes is not None}
            for candidate, number in votes.items():
                self._gauge.labels(*candidate).set(number)
            for gone in self._told - votes.keys():
                self._gauge.remove(*gone)
            self._told = set(votes)
