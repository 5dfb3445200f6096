"""Reads the tally for every reader, and says whether its counts hold: live, stale or recounting."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple

from rockola.archive import Archive
from rockola.tally import Tally, Totals
from rockola.vote.errors import Unavailable
from rockola.web.results import Results, tabulate

FLOORS_AGE = 1.0  # seconds: asking the archive costs more than asking the tally, and it only guards against a loss
ABSENCE = 10.0  # seconds that an archive which is away is left alone
NEVER = float("-inf")


class Reading(NamedTuple):
    """Results, and the number of the look at the tally that found them."""

    number: int
    results: Results


class Watch:
    """The results now. However many ask at once, the tally is read once, and never before they asked."""

    def __init__(self, tally: Tally, archive: Archive, now: Callable[[], float] = time.time) -> None:
        self._tally, self._archive, self._now = tally, archive, now
        self._lock = Lock()
        self._began, self._floored = NEVER, NEVER
        self._totals: Totals | None = None
        self._latest: Reading | None = None
        self._checkpoints: Mapping[int, int] = {}

    def results(self) -> Results:
        """The newest results; when the tally is away, stale ones, or Unavailable when there never were any."""
        return self.look().results

    def look(self) -> Reading:
        """The newest results, numbered in order."""
        asked = time.monotonic()
        with self._lock:
            if self._began < asked or self._latest is None:
                self._began = time.monotonic()
                self._latest = Reading(self._latest.number + 1 if self._latest else 0, self._read(self._latest))
            return self._latest

    def _read(self, latest: Reading | None) -> Results:
        try:
            totals = self._tally.totals()
        except Unavailable:
            if latest is None:
                raise
            return replace(latest.results, state="stale")
        recounting = self._is_behind(totals)
        if not recounting:
            self._totals = totals
        return tabulate(totals, "recounting" if recounting else "live", stamp(self._now()))

    def _is_behind(self, totals: Totals) -> bool:
        """Whether a partition was counted further before than it is now."""
        before = self._totals.positions if self._totals and _same_count(self._totals, totals) else {}
        checkpoints = self._known_checkpoints(totals)
        floors = {p: max(before.get(p, 0), checkpoints.get(p, 0)) for p in before.keys() | checkpoints.keys()}
        return any(totals.positions.get(p, 0) < floor for p, floor in floors.items())

    def _known_checkpoints(self, totals: Totals) -> Mapping[int, int]:
        """What the archive holds of each partition; as it was last told when it is away."""
        if self._began - self._floored > FLOORS_AGE:
            try:
                self._checkpoints = self._ask_checkpoints(totals)
                self._floored = self._began
            except Unavailable:  # positions that fall are seen without it, and its deadline would hold up every look
                self._floored = self._began + ABSENCE
        return self._checkpoints

    def _ask_checkpoints(self, totals: Totals) -> Mapping[int, int]:
        if totals.generation not in {None, self._archive.generation()}:
            return {}  # the archive of another log says nothing about this one
        return self._archive.checkpoints()


def _same_count(before: Totals, totals: Totals) -> bool:
    """Whether positions may be compared; not after a rebuild, which begins lower. A wiped tally knows of neither."""
    return totals.generation in {before.generation, None} and totals.rebuilds in {before.rebuilds, 0}


def stamp(seconds: float) -> str:
    """An instant as the API writes it: UTC, ISO 8601, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
