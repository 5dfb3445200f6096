"""Consumers that die at any point, stand still or meet, on real servers: F-12, F-14, F-15."""

import random
import signal

from audit import check_ledger
from running import Process, have_counted, until
from stack import SESSION, Stack, counted, more, voting
from voters import Crowd

FIRST = ("consumer.lost", "tally.restore", "consumer.begun")  # passed once in a partition's life
POINTS = ("taken", "read", "looked", "archived", "counted", "checkpointed")
KEPT_TWICE = "consumer.looked=sleep:0.1,archive.keep_again=kill:1"  # another keeps and counts its batch meanwhile


def of_group(stack: Stack, group: str) -> Process:
    """A consumer that shares its partitions with those of its own group alone."""
    return stack.make("consumer", ROCKOLA_LOG=f"{stack.books.log}?session={SESSION}&group={group}")


def die_at(stack: Stack, points: str) -> None:
    """A consumer counts until it comes to one of the points. Its group is new: it waits for no dead member."""
    dying = of_group(stack, f"group-{len(stack.processes)}-of-{stack.books.log[-8:]}")
    dying.launch(ROCKOLA_FAILPOINTS=points)
    assert dying.ended() == -signal.SIGKILL, f"{points} was not passed: {dying.errors.read_text()}"


def test_f12_consumers_killed_at_every_point_leave_an_exact_count(shared: Stack, rng: random.Random) -> None:
    _, gateway = shared.doors()
    crowd = Crowd([gateway.address("gateway")], rng)
    with voting(crowd):
        for point in FIRST:
            die_at(shared, f"{point}=kill:1")
        for point in (*(f"consumer.{point}" for point in POINTS), "archive.keep", "tally.apply"):
            die_at(shared, f"{point}=kill:{rng.randint(1, 8)}")
        shared.valkey.server.ask("FLUSHALL")
        for point in ("consumer.lost", "tally.restore", "consumer.rebuilt"):
            die_at(shared, f"{point}=kill:1")
        consumer = shared.make("consumer").start()
        until(lambda: consumer.metric("rockola_judged_total"), "its first votes")
        die_at(shared, KEPT_TWICE)
        more(crowd, 20)
    check_ledger(shared.books, crowd.ledger)
    assert "Traceback" not in shared.errors()


def test_f14_a_consumer_that_stands_still_with_a_batch_in_hand_changes_nothing_when_it_goes_on(
    shared: Stack, rng: random.Random
) -> None:
    _, gateway = shared.doors()
    crowd = Crowd([gateway.address("gateway")], rng)
    still = shared.make("consumer", ROCKOLA_FAILPOINTS="consumer.looked=sleep:1").start()
    with voting(crowd):
        until(lambda: still.metric("rockola_judged_total"), "the first batch: it has the next in hand then")
        still.signal(signal.SIGSTOP)
        other = shared.make("consumer").start()
        until(lambda: other.metric("rockola_owned_partitions") == 6, "all partitions are the other's", 3 * SESSION)
        counted_by_it = other.metric("rockola_judged_total")
        until(lambda: other.metric("rockola_judged_total") > counted_by_it + 200, "votes counted by the other")
        still.signal(signal.SIGCONT)
        until(lambda: still.metric("rockola_moved_total") >= 1, "the answer that the position moved")
    check_ledger(shared.books, crowd.ledger)
    assert "Traceback" not in shared.errors()


def test_f15_two_consumers_that_both_own_every_partition_count_right(shared: Stack, rng: random.Random) -> None:
    with counted(shared, rng) as (crowd, first):
        second = of_group(shared, f"rival-of-{shared.books.log[-8:]}").start()
        both = (first, second)
        until(lambda: have_counted(both, 100), "both at work")
        more(crowd, 100)
        assert all(one.metric("rockola_owned_partitions") == 6 for one in both)
        until(lambda: sum(one.metric("rockola_moved_total") for one in both) > 0, "a step that came too late")
