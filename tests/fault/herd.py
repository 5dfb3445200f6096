"""Consumers that come, go and die."""

import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from running import Process
from stack import Stack


class Herd:
    """Several consumers of one group; those that are killed are replaced at once."""

    def __init__(self, stack: Stack, rng: random.Random) -> None:
        self._stack, self._rng = stack, rng
        self._lock = Lock()
        self.members: list[Process] = []
        self.killed = 0

    def scale(self, number: int) -> None:
        """So many from now on; those that are too many are stopped as an autoscaler does it."""
        with self._lock:
            while len(self.members) < number:
                self.members.append(self._stack.make("consumer").launch())
            while len(self.members) > number:
                member = self.members.pop(self._rng.randrange(len(self.members)))
                member.signal(signal.SIGTERM)

    @contextmanager
    def dying(self, seconds: float) -> Iterator[None]:
        """One of them is killed every so often, and another started in its place."""
        over = Event()

        def work() -> None:
            while not over.wait(seconds):
                self.kill_one()

        thread = Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def kill_one(self) -> None:
        """SIGKILL to one of them by chance, whose place is taken at once."""
        with self._lock:
            for member in self.members:
                if member.process and member.process.poll() is not None:  # what it needs was away
                    member.kill()
                    member.launch()
            if self.members:
                victim = self._rng.choice(self.members)
                victim.kill()
                victim.launch()
                self.killed += 1
