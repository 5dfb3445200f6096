"""The finale of a show on real services: nobody votes, then everybody, and a consumer dies in the middle of it."""

import random
from pathlib import Path

import pytest

from audit import await_counted, check_verified
from herd import Herd
from locusts import Locust
from running import until
from stack import HEALED, Stack

CONSUMERS = 3
FINALE = ("--shape", "finale", "--idle", "2", "--burst", "8", "--users", "10", "--rate", "150", "--rounds", "0")


@pytest.fixture
def doors(stack: Stack) -> str:
    """The URLs of both doors, each a gateway before a server of its own."""
    (_, python), (_, rust) = stack.doors("python"), stack.doors("rust")
    return f"{python.url('gateway', '/grpc')},{rust.url('gateway', '/rust')}"


@pytest.mark.slow
def test_a_finale_over_both_doors_keeps_every_promise_while_a_consumer_is_killed(
    stack: Stack, doors: str, rng: random.Random, tmp_path: Path
) -> None:
    herd, web = Herd(stack, rng), stack.make("web").start()
    herd.scale(CONSUMERS)
    seed = str(rng.randrange(1, 10**6))
    show = Locust(tmp_path, *FINALE, "--mix", "contest", "--seed", seed, "--door", doors, "--pages", web.url("web"))
    try:
        until(lambda: sum(stack.books.positions().values()) > 300, "the count of the burst", HEALED)
        herd.kill_one()
        assert show.ended() == 0, show.text
    finally:
        show.close()
    await_counted(stack.books, HEALED)
    check_verified(stack.books)
