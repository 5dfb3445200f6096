"""Reads the tally for every reader, and says whether its counts hold: live, stale or recounting."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple

from rockola.archive import Archive
from rockola.tally import Source, Tally, Totals
from rockola.vote.errors import Unavailable
from rockola.web.floors import Floors
from rockola.web.results import Results, tabulate

NEVER = float("-inf")


class Reading(NamedTuple):
    """Results, and the number of the look at the tally that found them."""

    number: int
    results: Results


class Watch:
    """The results now. However many ask at once, the tally is read once, and never before they asked."""

    def __init__(self, tally: Tally, archive: Archive, now: Callable[[], float] = time.time) -> None:
        self._tally, self._floors, self._now = tally, Floors(archive), now
        self._lock = Lock()
        self._began = NEVER
        self.source: Source | None = None  # what is counted, as it was last read
        self._totals: Totals | None = None
        self._latest: Reading | None = None

    def results(self) -> Results:
        """The newest results; when the tally is away, stale ones, or Unavailable when there never were any."""
        return self.look().results

    def results_if_any(self) -> Results | None:
        """The same; None when there never were any."""
        try:
            return self.results()
        except Unavailable:
            return None

    def look(self) -> Reading:
        """The newest results, numbered in order."""
        asked = time.monotonic()
        with self._lock:
            if self._began < asked or self._latest is None:
                self._began = time.monotonic()
                self._latest = Reading(self._latest.number + 1 if self._latest else 0, self._read(self._latest))
            return self._latest

    def _read(self, latest: Reading | None) -> Results:
        floors = self._floors.known()  # before the tally: one that moves on meanwhile is not behind them
        try:
            totals = self._tally.totals()
        except Unavailable:
            if latest is None:
                raise
            return replace(latest.results, state="stale")
        self.source = totals.source
        recounting = self._is_behind(totals, *floors)
        if not recounting:
            self._totals = totals
        return tabulate(totals, "recounting" if recounting else "live", stamp(self._now()))

    def _is_behind(self, totals: Totals, generation: str | None, kept: Mapping[int, int]) -> bool:
        """Whether a partition was counted further before than it is now; an archive of another log says nothing."""
        before = self._totals.positions if self._totals and _same_count(self._totals, totals) else {}
        known = kept if totals.generation in {None, generation} else {}
        floors = {p: max(before.get(p, 0), known.get(p, 0)) for p in before.keys() | known.keys()}
        return any(totals.positions.get(p, 0) < floor for p, floor in floors.items())


def _same_count(before: Totals, totals: Totals) -> bool:
    """Whether positions may be compared; not after a rebuild, which begins lower. A wiped tally knows of neither."""
    return totals.generation in {before.generation, None} and totals.rebuilds in {before.rebuilds, 0}


def stamp(seconds: float) -> str:
    """An instant as the API writes it: UTC, ISO 8601, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
