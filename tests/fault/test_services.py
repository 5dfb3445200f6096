"""Kafka and MongoDB that hang, vanish or answer late, on real servers: F-02, F-03, F-10, F-11."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka.admin import AdminClient

from linked import Linked
from running import until, weight
from stack import SESSION, Stack, counted, more
from voters import Crowd

DEADLINE = 12.0  # seconds to an answer of a gateway
OUTAGE = 13.0  # seconds: longer than that
ROOM = 30e6  # bytes that a process may grow by while something is away


def refused_throughout(crowd: Crowd, seconds: float) -> None:
    """Votes are answered with 503 within the deadline, and none with 202, for so long."""
    began = time.monotonic()
    time.sleep(0.5)  # what was acknowledged before is told
    accepted, refused = crowd.statuses[202], crowd.statuses[503]
    until(lambda: crowd.statuses[503] > refused, "a 503", DEADLINE)
    until(lambda: time.monotonic() - began > seconds, "the end of the fault", seconds + 1)
    assert crowd.statuses[202] == accepted
    assert crowd.statuses[0] == 0, "a vote got no answer"


@contextmanager
def hanging(kafka: Linked) -> Iterator[None]:
    """It takes connections and says nothing."""
    kafka.server.pause()
    yield
    kafka.server.resume()


@contextmanager
def cut(kafka: Linked, way: str) -> Iterator[None]:
    """Its link is `silent` or `refuses`."""
    setattr(kafka.link, way, True)
    yield
    setattr(kafka.link, way, False)


@pytest.mark.parametrize("kind", ["python", "rust"])
def test_f02_f03_a_kafka_that_hangs_or_cannot_be_reached_is_answered_with_503_until_votes_are_accepted_again(
    shared: Stack, rng: random.Random
) -> None:
    kafka = shared.kafka
    with counted(shared, rng) as (crowd, _):
        doors = shared.processes[:2]
        before = [weight(process.pid) for process in doors]
        for away in (hanging(kafka), cut(kafka, "silent"), cut(kafka, "refuses")):
            with away:
                refused_throughout(crowd, OUTAGE)
            more(crowd, 20, seconds=10)
        assert all(weight(process.pid) - was < ROOM for process, was in zip(doors, before, strict=True))


def test_f10_a_mongodb_server_that_is_away_stops_no_vote_and_is_caught_up_with(
    shared: Stack, rng: random.Random
) -> None:
    with counted(shared, rng) as (crowd, consumer):
        before = weight(consumer.pid)
        shared.mongo.server.kill()
        until(lambda: consumer.metric("rockola_unavailable_total"), "the notice that the archive is away")
        lag = consumer.metric("rockola_lag")
        more(crowd, 200)
        until(lambda: consumer.metric("rockola_lag") > lag + 100, "the lag")
        assert weight(consumer.pid) - before < ROOM
        shared.mongo.server.start()


def test_f11_a_slow_mongodb_server_costs_no_consumer_its_partitions(shared: Stack, rng: random.Random) -> None:
    with counted(shared, rng) as (crowd, first):
        shared.make("consumer").start()
        until(lambda: len(members(shared)) == 2 and all(members(shared).values()), "two that share the partitions")
        before, counting = members(shared), first.metric("rockola_judged_total")
        shared.mongo.link.late, began = 2, time.monotonic()
        more(crowd, 300)
        until(lambda: first.metric("rockola_judged_total") > counting, "votes that are counted all the same")
        until(lambda: time.monotonic() - began > SESSION + 1, "the end of a silent member's time")
        assert members(shared) == before
        shared.mongo.link.late = 0


def members(stack: Stack) -> dict[str, int]:
    """How many partitions each member of the group owns."""
    group = stack.env["ROCKOLA_LOG"].partition("group=")[2]
    admin = AdminClient({"bootstrap.servers": stack.kafka.url.removeprefix("kafka://")})
    described = admin.describe_consumer_groups([group])[group].result(10)
    return {one.member_id: len(one.assignment.topic_partitions) for one in described.members}
