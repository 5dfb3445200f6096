"""The two tests that carry the promise: on a real Kafka, Valkey and MongoDB server, with votes by 64 connections.

`--seed` replays the moments of the kills.
"""

import random
from collections import Counter
from threading import Thread

from audit import check_ledger
from herd import Herd
from running import until
from stack import HEALED, Mortal, Stack, revive, voting
from voters import Crowd

VOTES = 20_000
SCALES = (2, 5, 1)  # consumers, each for a third of the votes
CALM = 2.0  # seconds between two kills of a consumer
REST = 0.05  # seconds between two votes of a voter: the votes take longer than a few kills


def cast(crowd: Crowd, herd: Herd) -> None:
    """All votes are cast while consumers come, go and die; returns when each vote has its answer."""
    with voting(crowd, 64) as thread, herd.dying(CALM):
        for turn, number in enumerate(SCALES):
            herd.scale(number)
            until(lambda share=turn: len(crowd.ledger) >= VOTES * (share + 1) // len(SCALES), "a third", 120)
        thread.join(120)
        assert not thread.is_alive(), "some voter got no answer"


def test_20_000_votes_are_counted_exactly_while_consumers_come_go_and_die(stack: Stack, rng: random.Random) -> None:
    _, gateway = stack.doors()
    crowd, herd = Crowd([gateway.address("gateway")], rng, honest=True, most=VOTES, rest=REST), Herd(stack, rng)
    cast(crowd, herd)
    check_ledger(stack.books, crowd.ledger, HEALED)
    kept = Counter(one.verdict for one in stack.books.kept().values())
    assert herd.killed > 2
    assert kept == {"counted": VOTES}
    assert sum(stack.books.positions().values()) == VOTES


def test_20_000_votes_keep_every_promise_while_every_part_is_killed_once(stack: Stack, rng: random.Random) -> None:
    server, gateway = stack.doors()
    crowd, herd = Crowd([gateway.address("gateway")], rng, most=VOTES, rest=REST), Herd(stack, rng)
    parts = [stack.kafka, stack.valkey, stack.mongo, server, gateway]
    nemeses = [Thread(target=kill_once, args=(part, crowd, rng.randrange(VOTES * 9 // 10))) for part in parts]
    for nemesis in nemeses:
        nemesis.start()
    cast(crowd, herd)
    for nemesis in nemeses:
        nemesis.join()
    assert crowd.settled()["unknown"] == 0
    check_ledger(stack.books, crowd.ledger, HEALED)


def kill_once(part: Mortal, crowd: Crowd, at: int) -> None:
    """Kills it once so many votes were cast, and starts it again, as a supervisor does."""
    until(lambda: len(crowd.ledger) >= at or not crowd.going, "the moment to kill", 240)
    part.kill()
    revive(part)
