"""The leading candidates as a metric: as many as a catalogue has, not as many as voters may think of."""

from contextlib import suppress

from prometheus_client import Gauge

from rockola.vote.errors import Unavailable
from rockola.web.watch import Watch

MOST = 100  # series that anybody who may vote can make


class Leaders:
    """Sets the gauge to the votes of each leader; whoever is none any more is told no longer."""

    def __init__(self, watch: Watch, gauge: Gauge) -> None:
        self._watch, self._gauge = watch, gauge
        self._told: set[tuple[str, str]] = set()

    def look(self) -> None:
        """One look at the results; while there are none to be had, those told before stay."""
        with suppress(Unavailable):
            leading = self._watch.results().candidates[:MOST]
            for one in leading:
                self._gauge.labels(one.name, one.album).set(one.votes)
            now = {(one.name, one.album) for one in leading}
            for gone in self._told - now:
                self._gauge.remove(*gone)
            self._told = now
