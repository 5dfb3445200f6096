"""The server's heart: votes become records, and are answered with their places once the log holds them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from rockola.eventlog import Keyed, LogWriter
from rockola.failpoints import failpoint
from rockola.metrics import Metrics
from rockola.vote.codec import Outcome, encode_record
from rockola.vote.errors import BrokenPromise, Unavailable
from rockola.vote.model import Door, Vote

CHECKS = 60.0  # seconds between two looks whether the log is still the same
RETRY = 1.0  # seconds between two looks at a log that is away


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Ballot:
    """Appends votes to one log. `ready` is whether its last word was good."""

    def __init__(self, writer: LogWriter, metrics: Metrics, now: Callable[[], int] = now_ms) -> None:
        self._writer, self._metrics, self._now = writer, metrics, now
        self._broken: BrokenPromise | None = None
        self._trouble = asyncio.Event()
        self.ready = True

    async def cast(self, votes: Sequence[Vote], door: Door = Door.GRPC) -> Sequence[Outcome]:
        """The votes' places, in order, once they would survive a crash.

        Unavailable leaves it unknown which of them are in the log, if any.
        """
        at = self._now()
        records = [Keyed(vote.key, encode_record(vote, door, at)) for vote in votes]
        with self._metrics.append_seconds.time():
            places = await self._append(records)
        self._metrics.appended.labels(door.value).inc(len(places))
        failpoint("server.appended")
        return places

    async def watch(self) -> None:
        """Checks the log until it breaks its promise, and raises that; whoever runs this ends the process then."""
        while True:
            await self._check()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._trouble.wait(), CHECKS if self.ready else RETRY)
            if self._trouble.is_set() and self._broken is None:
                await asyncio.sleep(RETRY)  # a log that failed just now is not well yet, whatever it says
            self._trouble.clear()

    async def _append(self, records: Sequence[Keyed]) -> Sequence[Outcome]:
        try:
            places = await self._writer.append(records)
        except BrokenPromise as error:
            self._broken = error
            self._lose(records)
            raise Unavailable("log") from error
        except BaseException as error:  # a caller that gave up waiting too
            self.ready = self.ready and not isinstance(error, Unavailable)
            self._lose(records)
            raise
        self.ready = True
        return places

    def _lose(self, records: Sequence[Keyed]) -> None:
        self._metrics.unknown.inc(len(records))
        self._trouble.set()

    async def _check(self) -> None:
        if self._broken is not None:
            raise self._broken
        try:
            await self._writer.check()
            self.ready = True
        except Unavailable:
            self.ready = False
