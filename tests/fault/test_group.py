"""Consumers of one group that come and go while votes are cast (F-30, F-31), by both group protocols of Kafka."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audit import check_ledger
from herd import Herd
from running import until
from services import Own
from stack import HEALED, Stack, pause, voting
from voters import Crowd

SCALES = (1, 5, 2, 6, 3)
STILL = 20.0  # seconds that a partition may stand still while consumers start on the same two cores; alone it is 3


@pytest.fixture(params=["classic", "consumer"])
def shared(data: Path, own: Own, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A stack whose consumers share partitions in this way."""
    opened = Stack(data, own, protocol=request.param)
    yield opened
    opened.close()


def test_f30_f31_consumers_that_come_and_go_count_exactly_and_no_partition_stands_still(
    shared: Stack, rng: random.Random
) -> None:
    _, gateway = shared.doors()
    crowd, herd = Crowd([gateway.address("gateway")], rng), Herd(shared, rng)
    with voting(crowd):
        for number in SCALES:
            herd.scale(number)
            pause(rng, 1, 3)
            within(STILL, moved_on(shared))
    check_ledger(shared.books, crowd.ledger, HEALED)
    owned = sum(one.metric("rockola_owned_partitions") for one in herd.members)
    assert owned == len(shared.books.ends()), "the partitions are not shared out, each once"


def moved_on(stack: Stack) -> Callable[[], bool]:
    """Whether every partition was counted further than it is now."""
    before = stack.books.positions()
    return lambda: all(at > before.get(partition, 0) for partition, at in stack.books.positions().items())


def within(seconds: float, holds: Callable[[], bool]) -> None:
    began = time.monotonic()
    until(holds, "progress in every partition", HEALED)
    assert time.monotonic() - began < seconds, "a partition stood still"
