"""Natural batching: one batch is on its way; what arrives meanwhile is the next.

Few clients that wait for their answers would part in two halves for ever, one on its way and one waiting for it, and
twice as many batches would be sent as there need be. So a small batch waits for those who were answered just now.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import takewhile
from typing import Protocol

import structlog

from rockola.failpoints import failpoint
from rockola.metrics import Metrics
from rockola.vote.codec import Outcome
from rockola.vote.errors import Unavailable
from rockola.vote.model import Vote

LARGEST = 1000  # votes of a batch; more would only make the first of them wait
ENOUGH = 64  # votes that are not kept waiting for more: a batch's own price is little beside theirs
GATHER = 0.003  # seconds that those who were answered have to come back
PATIENCE = 3.0  # seconds a vote waits for its turn; after them it is refused, and was certainly not sent
LONGEST = 11.75  # seconds from a vote to its outcome, under the 12 that are published

Cast = Callable[[Sequence[Vote]], Awaitable[Sequence[Outcome]]]
log = structlog.get_logger()


class NotSent(Unavailable):
    """Unavailable, and it is certain that nothing was appended."""


class Waiter(Protocol):
    """Whoever waits for the outcome of a vote."""

    def settle(self, vote: Vote, outcome: Outcome | Unavailable) -> None:
        """Called once. Unavailable leaves it unknown whether the vote is in the log, NotSent says that it is not."""


Waiting = tuple[Vote, Waiter, float]
Flight = tuple[list[Waiting], asyncio.Task[Sequence[Outcome | Unavailable]]]


class Batcher:
    """Casts votes in their order and settles their waiters, each within LONGEST; `most` votes are held at once."""

    def __init__(self, cast: Cast, most: int, metrics: Metrics) -> None:
        self._cast, self._most, self._metrics = cast, most, metrics
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Waiting] = []
        self._flying = 0
        self._expected = 0  # votes that the next batch waits for
        self._gathered = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def held(self) -> int:
        """Votes without an outcome."""
        return len(self._waiting) + self._flying

    def has_room(self, votes: int) -> bool:
        """Whether so many more may be put."""
        return len(self._waiting) + self._flying + votes <= self._most

    def put(self, vote: Vote, waiter: Waiter) -> None:
        """Hands over a vote."""
        if self._task is None:
            self._task = self._loop.create_task(self._run())
        self._waiting.append((vote, waiter, self._loop.time()))
        if len(self._waiting) == self._expected:
            self._gathered.set()

    def put_all(self, votes: Sequence[Vote], waiter: Waiter) -> None:
        """Hands over votes with one waiter, settled once for each, in this order."""
        for vote in votes:
            self.put(vote, waiter)

    async def close(self) -> None:
        """Gives up what is still on its way, when nobody waits for it any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            flight = self._launch()
            while flight:
                batch, task = flight
                outcomes = await task
                expected = min(self.held, ENOUGH)
                if flight := self._launch() if len(self._waiting) >= expected else None:
                    await asyncio.sleep(0)  # the next batch leaves before the answers of this one are written
                self._settle(batch, outcomes)
                flight = flight or await self._gather(expected)
        finally:
            self._task = None

    async def _gather(self, expected: int) -> Flight | None:
        """The next batch, once so many votes wait, or after GATHER."""
        self._flying, self._expected = 0, expected
        self._gathered.clear()
        timer = self._loop.call_later(GATHER, self._gathered.set)
        await self._gathered.wait()
        timer.cancel()
        self._expected = 0
        return self._launch()

    def _launch(self) -> Flight | None:
        self._refuse_before(self._loop.time() - PATIENCE)
        batch = self._waiting[:LARGEST]
        if not batch:
            return None
        del self._waiting[:LARGEST]
        self._flying = len(batch)
        self._metrics.batch_votes.observe(len(batch))
        return batch, self._loop.create_task(self._fly([vote for vote, _, _ in batch], batch[0][2] + LONGEST))

    def _refuse_before(self, time: float) -> None:
        stale = list(takewhile(lambda waiting: waiting[2] < time, self._waiting))
        del self._waiting[: len(stale)]
        for vote, waiter, _ in stale:
            waiter.settle(vote, NotSent("server"))

    async def _fly(self, votes: Sequence[Vote], until: float) -> Sequence[Outcome | Unavailable]:
        try:
            async with asyncio.timeout_at(until):
                outcomes = await self._cast(votes)
            failpoint("gateway.accepted")
        except Unavailable as error:
            return [error] * len(votes)
        except TimeoutError:
            log.warning("cast.late", votes=len(votes))
        except Exception:
            log.exception("cast.failed", votes=len(votes))
        else:
            if len(outcomes) == len(votes):
                return outcomes
            log.error("cast.miscounted", votes=len(votes), outcomes=len(outcomes))
        return [Unavailable("server")] * len(votes)

    def _settle(self, batch: Sequence[Waiting], outcomes: Sequence[Outcome | Unavailable]) -> None:
        for (vote, waiter, _), outcome in zip(batch, outcomes, strict=True):
            waiter.settle(vote, outcome)
        self._metrics.answer_seconds.observe(self._loop.time() - batch[0][2])
