"""Three brokers that die: the leader in turn, the one that leads the group, and two at once: F-29, F-33."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient

from running import until
from services import Own
from stack import HEALED, Stack, counted, more
from voters import Crowd

SHORT = 15.0  # seconds without an accepted vote while another broker takes over, on two cores; alone it is 4
OUTAGE = 13.0  # seconds: longer than a gateway's deadline


@pytest.fixture
def trio(data: Path, own: Own) -> Iterator[Stack]:
    """A stack whose topics are in three copies."""
    stack = Stack(data, own, kafka="kafka3")
    yield stack
    stack.close()


def test_f29_f33_votes_go_on_while_any_one_broker_dies_and_none_is_accepted_while_two_are_away(
    trio: Stack, rng: random.Random
) -> None:
    with counted(trio, rng) as (crowd, consumer):
        for find in (leader, coordinator, leader):
            broker = trio.kafka.members[find(trio) - 1]
            broker.kill()
            more(crowd, 50, SHORT)
            judged = consumer.metric("rockola_judged_total")
            until(lambda before=judged: consumer.metric("rockola_judged_total") > before, "votes that are counted")
            broker.start()
            until(lambda: in_sync(trio) == 3, "its records", HEALED)
        refused_while_two_are_away(trio, crowd, rng)
        more(crowd, 50, HEALED)


def refused_while_two_are_away(stack: Stack, crowd: Crowd, rng: random.Random) -> None:
    away = rng.sample(stack.kafka.members, 2)
    for broker in away:
        broker.kill()
    time.sleep(0.5)  # what was acknowledged before is told
    accepted, refused = crowd.statuses[202], crowd.statuses[503]
    time.sleep(OUTAGE)
    assert crowd.statuses[503] > refused
    assert crowd.statuses[202] == accepted
    for broker in away:
        broker.launch()
    for broker in away:
        broker.await_up()


def described(stack: Stack) -> Any:
    """The partitions of the topic, by a client of the test's own."""
    with AdminClient({"bootstrap.servers": stack.kafka.url.removeprefix("kafka://")}) as admin:
        return admin.describe_topics(TopicCollection(["votes"]))["votes"].result(10).partitions


def leader(stack: Stack) -> int:
    """Who leads the topic's first partition."""
    return int(described(stack)[0].leader.id)


def in_sync(stack: Stack) -> int:
    """How many brokers hold everything of every partition."""
    return min(len(one.isr) for one in described(stack))


def coordinator(stack: Stack) -> int:
    """Who leads the consumers' group."""
    with AdminClient({"bootstrap.servers": stack.kafka.url.removeprefix("kafka://")}) as admin:
        return int(admin.describe_consumer_groups(["rockola"])["rockola"].result(10).coordinator.id)
