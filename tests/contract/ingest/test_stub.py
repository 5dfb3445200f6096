"""A gateway in a process of its own: its stub answers as the server does, and says truly what it does not know."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from contract.ingest.conftest import Opened
from contract.ingest.doors import CATALOGUE, Door
from rockola.ingest.batching import NotSent
from rockola.ingest.rpc import Waits
from rockola.ingest.stub import LARGEST_MESSAGE, Stub, messages, open_stub
from rockola.vote.errors import InvalidVote, Unavailable
from rockola.vote.model import Door as Doors
from rockola.vote.model import Place, Vote

VOTE = Vote("Bohemia Suburbana", "Mis palabras", 1997, 950)
LONG = [Vote("\U0001f918" * 80, "\U0001f918" * 80, 1997, rank, "i" * 128) for rank in range(900)]


def using(address: str, work: Callable[[Stub], Awaitable[Any]]) -> Any:
    """What the work gives with a stub of this address."""

    async def main() -> Any:
        async with open_stub(address) as stub:
            return await work(stub)

    return asyncio.run(main())


def test_places_come_in_the_order_of_the_votes(door: Door) -> None:
    outcomes = using(door.grpc, lambda stub: stub.cast([VOTE] * 400))
    offsets = [outcome.offset for outcome in outcomes]
    assert offsets == list(range(offsets[0], offsets[0] + 400))


def test_votes_too_large_for_a_message_go_in_more_of_them(door: Door) -> None:
    before = door.count()
    outcomes = using(door.grpc, lambda stub: stub.cast(LONG))
    assert (len(outcomes), door.count() - before, json.loads(door.newest())["rank"]) == (900, 900, 8.99)
    assert max(len(message) for message, _ in messages(LONG, Doors.GRPC)) <= LARGEST_MESSAGE


def test_a_vote_that_only_the_server_refuses_is_refused_alone(opened: Opened) -> None:
    door = opened(contest=CATALOGUE)
    outcomes = using(door.grpc, lambda stub: stub.cast([VOTE, LONG[0], VOTE]))
    assert [type(outcome) for outcome in outcomes] == [Place, InvalidVote, Place]


class Watched(Stub):
    """A stub that remembers how many messages were on their way at once."""

    flying = most = 0

    async def _exchange(self, message: bytes, number: int) -> Any:
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            return await super()._exchange(message, number)
        finally:
            self.flying -= 1


def test_casts_at_the_same_time_go_one_after_the_other(door: Door) -> None:
    async def work() -> Any:
        stub = Watched(door.grpc)
        outcomes = await asyncio.gather(*[stub.cast([VOTE] * number) for number in range(1, 20)])
        await stub.close()
        return [len(places) for places in outcomes], stub.most

    assert asyncio.run(work()) == (list(range(1, 20)), 1)


def test_a_server_that_is_not_there_was_sent_nothing(opened: Opened) -> None:
    door = opened()
    door.leave()

    async def work(stub: Stub) -> bool:
        begun = time.monotonic()
        with pytest.raises(NotSent):
            await stub.cast([VOTE])
        return not stub.ready and time.monotonic() - begun < 3

    assert using(door.grpc, work)


def test_a_server_that_is_there_is_ready(door: Door) -> None:
    async def work(stub: Stub) -> bool:
        await stub.cast([VOTE])
        return stub.ready

    assert using(door.grpc, work)


def test_a_stream_that_breaks_leaves_the_outcome_unknown_and_is_opened_again(opened: Opened) -> None:
    door = opened(failpoints="server.appended=fail")

    async def work(stub: Stub) -> Any:
        with pytest.raises(Unavailable) as caught:
            await stub.cast([VOTE])
        return caught.type, await stub.cast([VOTE])

    kind, outcomes = using(door.grpc, work)
    assert (kind, len(outcomes), door.count()) == (Unavailable, 1, 2)


def test_a_server_that_does_not_answer_leaves_the_outcome_unknown(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rockola.ingest.stub.LONGEST", 0.5)
    door = opened()

    async def work(stub: Stub) -> Any:
        begun = time.monotonic()
        with door.blocked_log(), pytest.raises(Unavailable) as caught:
            await stub.cast([VOTE])
        return caught.type, time.monotonic() - begun < 3, await stub.cast([VOTE] * 2)

    kind, soon, outcomes = using(door.grpc, work)
    assert (kind, soon, len(outcomes)) == (Unavailable, True, 2)


def test_a_stream_ended_for_its_silence_is_opened_again(opened: Opened) -> None:
    door = opened(waits=Waits(silence=0.2))

    async def work(stub: Stub) -> list[Any]:
        first = await stub.cast([VOTE])
        await asyncio.sleep(0.5)  # longer than the silence that ends it
        return [*first, *await stub.cast([VOTE])]

    assert [type(outcome) for outcome in using(door.grpc, work)] == [Place, Place]
