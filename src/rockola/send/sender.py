"""Hands votes to a door over several connections; a vote whose outcome is unknown is sent again with the same id."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, cycle, repeat

from rockola.send.answers import NONE, Answer, Fate, outcomes
from rockola.send.client import Address, Client, read_address
from rockola.send.listeners import Listener
from rockola.send.manner import Manner, Result
from rockola.send.rows import Ballot
from rockola.vote.body import LARGEST_BATCH_BODY

PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # seconds between tries, and by chance up to as much again


class Sender:
    """One sending. `result` may be asked at any time, also after it was interrupted."""

    def __init__(self, manner: Manner, listeners: Sequence[Listener] = (), chance: random.Random | None = None) -> None:
        self._manner, self._listeners, self._chance = manner, listeners, chance or random.Random()  # noqa: S311
        self._fates = Counter[Fate]()
        self._total = self._taken = self._repeats = 0
        self._began = self._heard = self._ended = time.monotonic()
        self._gave_up = False
        self.trouble = ""  # the last one

    @property
    def result(self) -> Result:
        """What was settled so far, and what was not."""
        accepted, refused = self._fates[Fate.ACCEPTED], self._fates[Fate.REFUSED]
        rest = self._total - accepted - refused
        return Result(accepted, refused, rest, self._repeats, self._ended - self._began)

    async def send(self, ballots: Iterable[Ballot], total: int) -> Result:
        """Sends all `total` ballots, or gives up; WrongDoor when the address is none, WrongFile when theirs changed."""
        self._total, self._began, self._heard = total, time.monotonic(), time.monotonic()
        batches = _batches(ballots, self._manner.votes)
        doors = cycle(read_address(url) for url in self._manner.urls)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._manner.connections):
                    group.create_task(self._work(batches, doors))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._ended = time.monotonic()
        return self.result

    async def _work(self, batches: Iterator[Sequence[Ballot]], doors: Iterator[Address]) -> None:
        """Sends batches; the doors have them in turn, whichever connection is free."""
        clients: dict[Address, Client] = {}
        try:
            while not self._gave_up and (batch := next(batches, None)):
                await self._until_due(len(batch))
                for listener in self._listeners:
                    listener.sending(batch)
                if (door := next(doors)) not in clients:
                    clients[door] = Client(door)
                await self._deliver(clients[door], batch)
        finally:
            for client in clients.values():
                client.close()

    async def _until_due(self, votes: int) -> None:
        """Waits for the moment that the rate has for these votes, whatever became of those before them."""
        if self._manner.rate:
            due = self._began + self._taken / self._manner.rate
            self._taken += votes
            await asyncio.sleep(due - time.monotonic())

    async def _deliver(self, client: Client, batch: Sequence[Ballot]) -> None:
        """Sends until each vote of the batch is settled or patience ends."""
        began = time.monotonic()
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            answer = await self._ask(client, batch)
            batch = self._settle(batch, answer)
            if batch and answer is not NONE:
                self.trouble = f"it answers {answer.status}"
            if not batch or not await self._wait(max(answer.wait, pause), began):
                return
            self._repeats += 1

    async def _ask(self, client: Client, batch: Sequence[Ballot]) -> Answer:
        try:
            if self._manner.batch == 1:
                return await client.post("", "application/json", batch[0].body)
            return await client.post("/votes", "application/x-ndjson", b"\n".join([ballot.body for ballot in batch]))
        except OSError as error:
            self.trouble = error.strerror or str(error) or "no answer in time"
            return NONE

    def _settle(self, batch: Sequence[Ballot], answer: Answer) -> Sequence[Ballot]:
        """Counts what the answer settles and returns what has to be sent again."""
        told = outcomes(answer, len(batch), self._manner.batch > 1)
        settled = [vote for vote in zip(batch, told, strict=True) if vote[1].fate is not Fate.UNKNOWN]
        if settled:
            self._heard = self._ended = time.monotonic()
            self._fates.update([outcome.fate for _, outcome in settled])
            for listener in self._listeners:
                listener.settled(settled)
        return [ballot for ballot, outcome in zip(batch, told, strict=True) if outcome.fate is Fate.UNKNOWN]

    async def _wait(self, seconds: float, began: float) -> bool:
        """False when patience would be over by then: nothing was settled for so long, by anyone."""
        seconds *= 1 + self._chance.random()
        self._gave_up |= time.monotonic() + seconds > max(self._heard, began) + self._manner.patience
        if not self._gave_up:
            await asyncio.sleep(seconds)
        return not self._gave_up


def _batches(ballots: Iterable[Ballot], size: int) -> Iterator[Sequence[Ballot]]:
    batch, weight = list[Ballot](), 0
    for ballot in ballots:
        if batch and (len(batch) == size or weight + len(ballot.body) >= LARGEST_BATCH_BODY):
            yield batch
            batch, weight = [], 0
        batch.append(ballot)
        weight += len(ballot.body) + 1
    if batch:
        yield batch
