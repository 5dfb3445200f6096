"""How far each partition was counted at least, as the archive knows it; asked beside the readers, who never wait."""

import time
from collections.abc import Mapping
from threading import Event, Lock, Thread

from rockola.archive import Archive
from rockola.vote.errors import Unavailable

AGE = 1.0  # seconds: asking the archive costs more than asking the tally, and it only guards against a loss
ABSENCE = 10.0  # seconds that an archive which is away is left alone
FIRST = 2.0  # seconds that the first reader waits for the first answer: nothing else tells a tally that was wiped
NOTHING: Mapping[int, int] = {}


class Floors:
    """A floor that is given was there before it was given: a tally that is asked after that stands at or above it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = Lock()
        self._answered = Event()
        self._again = 0.0
        self._known: tuple[str | None, Mapping[int, int]] = (None, NOTHING)

    def known(self) -> tuple[str | None, Mapping[int, int]]:
        """The log's generation and the floors by partition, as they were last told; a second old at most while it can.

        The generation is None while the archive belongs to no log yet, or never answered.
        """
        with self._lock:
            if time.monotonic() >= self._again:
                self._again = float("inf")
                Thread(target=self._ask, name="floors", daemon=True).start()
        self._answered.wait(FIRST)
        return self._known

    def _ask(self) -> None:
        again = ABSENCE  # positions that fall are seen without the archive
        try:
            self._known = self._archive.generation(), self._archive.checkpoints()
            again = AGE
        except Unavailable:
            return
        finally:
            self._answered.set()
            self._again = time.monotonic() + again
