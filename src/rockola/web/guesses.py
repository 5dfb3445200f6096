"""Wrong tokens, counted by the address they came from, so that nobody tries many."""

import time
from collections import Counter
from collections.abc import Callable

from rockola.web.problems import Problem

GUESSES = 10  # wrong tokens an address may send in a window
WINDOW = 60.0  # seconds
ADDRESSES = 10_000  # remembered at one time; with more of them, whoever guesses begins anew


class Guesses:
    """Those of this window; the next one begins with none."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._ends = now, 0.0
        self._wrong: Counter[str] = Counter()

    def require_few(self, address: str) -> None:
        """Problem for an address that has had its guesses."""
        now = self._now()
        if now >= self._ends:
            self._wrong.clear()
            self._ends = now + WINDOW
        if self._wrong.get(address, 0) >= GUESSES:
            wait = {"Retry-After": str(int(self._ends - now) + 1)}
            raise Problem(429, "too_many_guesses", f"{GUESSES} wrong tokens a minute from an address", headers=wait)

    def __len__(self) -> int:
        """The addresses that are remembered."""
        return len(self._wrong)

    def add(self, address: str) -> None:
        """Remembers a wrong one."""
        if len(self._wrong) >= ADDRESSES:
            self._wrong.clear()
        self._wrong[address] += 1
