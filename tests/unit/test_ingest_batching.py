"""Natural batching: one batch on its way, what arrives meanwhile and who comes back is the next, and everybody gets an
outcome.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from rockola.ingest import batching
from rockola.ingest.batching import LARGEST, Batcher, NotSent
from rockola.metrics import Metrics
from rockola.vote.codec import Outcome
from rockola.vote.errors import Unavailable
from rockola.vote.model import Place, Vote

GENERATION = "abcdefghijklmnopqrstuv"


def numbered(number: int) -> Vote:
    """A vote whose id tells it from the others."""
    return Vote("Bohemia Suburbana", "Mis palabras", 1997, 950, f"vote-{number:04}")


class Server:
    """Holds each batch until it is let go, and remembers what it was sent."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Vote]] = []
        self.open = asyncio.Semaphore(0)
        self.flying = self.most_flying = 0

    async def cast(self, votes: Sequence[Vote]) -> Sequence[Outcome]:
        """Gives places that tell which vote they are of."""
        self.batches.append(votes)
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        await self.open.acquire()
        self.flying -= 1
        return [Place(GENERATION, 0, int(vote.id[5:])) for vote in votes]


class Voter:
    """Remembers its outcomes."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome | Unavailable] = []

    def settle(self, _: Vote, outcome: Outcome | Unavailable) -> None:
        """See Waiter."""
        self.outcomes.append(outcome)

    @property
    def offsets(self) -> list[int]:
        """Of the places it got."""
        return [outcome.offset for outcome in self.outcomes if isinstance(outcome, Place)]


async def rest() -> None:
    """Lets everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def put_one_by_one(batcher: Batcher, voter: Voter, votes: int) -> None:
    """So many votes, each when all that the one before set going has gone as far as it can."""
    for number in range(votes):
        batcher.put(numbered(number), voter)
        await rest()


async def until(holds: Callable[[], bool]) -> None:
    """Lets everything go on until it holds."""
    async with asyncio.timeout(30):
        while not holds():
            await rest()


def run(work: Callable[[Server, Voter], Coroutine[Any, Any, Any]]) -> Any:
    """What the work gives."""

    async def main() -> Any:
        return await work(Server(), Voter())

    return asyncio.run(main())


def test_what_arrives_while_a_batch_is_on_its_way_is_the_next() -> None:
    async def work(server: Server, voter: Voter) -> Any:
        batcher = Batcher(server.cast, 10_000, Metrics())
        for number in range(3):
            batcher.put(numbered(number), voter)
        await rest()
        for number in range(3, LARGEST + 100):
            batcher.put(numbered(number), voter)
        for _ in range(4):
            server.open.release()
            await rest()
        return [len(batch) for batch in server.batches], server.most_flying, voter.offsets

    assert run(work) == ([3, LARGEST, 97], 1, list(range(LARGEST + 100)))


def test_those_who_are_answered_and_come_back_go_with_those_who_wait(monkeypatch: Any) -> None:
    monkeypatch.setattr(batching, "GATHER", 60.0)

    async def work(server: Server, voter: Voter) -> Any:
        batcher = Batcher(server.cast, 10, Metrics())
        await put_one_by_one(batcher, voter, 4)
        server.open.release()
        await rest()
        answered, sent = list(voter.offsets), len(server.batches)
        batcher.put(numbered(4), voter)
        await rest()
        await batcher.close()
        return answered, sent, [len(batch) for batch in server.batches]

    assert run(work) == ([0], 1, [1, 4])


def test_who_does_not_come_back_is_not_waited_for_long() -> None:
    async def work(server: Server, voter: Voter) -> Any:
        batcher = Batcher(server.cast, 10, Metrics())
        await put_one_by_one(batcher, voter, 2)
        server.open.release()
        await until(lambda: len(server.batches) == 2)
        await batcher.close()
        return [len(batch) for batch in server.batches]

    assert run(work) == [1, 1]


def test_room_is_for_votes_that_wait_and_votes_on_their_way() -> None:
    async def work(server: Server, voter: Voter) -> Any:
        batcher = Batcher(server.cast, 5, Metrics())
        batcher.put_all([numbered(number) for number in range(3)], voter)
        await rest()
        batcher.put(numbered(3), voter)
        before = batcher.has_room(1), batcher.has_room(2)
        for _ in range(2):
            server.open.release()
        await until(lambda: len(voter.outcomes) == 4)
        return before, batcher.has_room(5), batcher.held

    assert run(work) == ((True, False), True, 0)


def test_a_cast_that_fails_leaves_its_votes_unknown_and_the_next_goes_on() -> None:
    async def work(server: Server, voter: Voter) -> Any:
        failures = [Unavailable("log"), RuntimeError("a bug"), NotSent("server")]

        async def cast(votes: Sequence[Vote]) -> Sequence[Outcome]:
            if failures:
                raise failures.pop(0)
            server.open.release()
            return await server.cast(votes)

        batcher = Batcher(cast, 10, Metrics())
        await put_one_by_one(batcher, voter, 4)
        return [type(outcome) for outcome in voter.outcomes]

    assert run(work) == [Unavailable, Unavailable, NotSent, Place]


def test_a_server_that_answers_for_another_number_of_votes_is_not_believed() -> None:
    async def work(_: Server, voter: Voter) -> Any:
        async def cast(votes: Sequence[Vote]) -> Sequence[Outcome]:
            return [Place(GENERATION, 0, 1)] * (len(votes) - 1)

        batcher = Batcher(cast, 10, Metrics())
        batcher.put_all([numbered(0), numbered(1)], voter)
        await rest()
        return [type(outcome) for outcome in voter.outcomes]

    assert run(work) == [Unavailable, Unavailable]


def test_a_server_that_is_late_leaves_votes_unknown_and_those_behind_them_unsent(monkeypatch: Any) -> None:
    monkeypatch.setattr(batching, "LONGEST", 0.2)
    monkeypatch.setattr(batching, "PATIENCE", 0.1)

    async def work(server: Server, voter: Voter) -> Any:
        batcher = Batcher(server.cast, 10, Metrics())
        batcher.put(numbered(0), voter)
        await rest()
        batcher.put(numbered(1), voter)
        await until(lambda: len(voter.outcomes) == 2)
        return [type(outcome) for outcome in voter.outcomes], len(server.batches), batcher.held

    assert run(work) == ([Unavailable, NotSent], 1, 0)


def test_closing_gives_up_what_is_on_its_way() -> None:
    async def work(server: Server, voter: Voter) -> Any:
        batcher = Batcher(server.cast, 10, Metrics())
        batcher.put(numbered(0), voter)
        await rest()
        await batcher.close()
        return voter.outcomes

    assert run(work) == []
