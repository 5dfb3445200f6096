"""A topic that is made again, rewound, cut or widened, on a real Kafka: everything stops and says why: F-25 to F-28."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from audit import await_counted
from rockola.eventlog.kafka_topic import made as settings
from running import Process, until
from stack import Stack, more, voting
from voters import Crowd

PARTITIONS = 6
STOPPED = 20.0  # seconds from a broken log to the end of whoever uses it


class Parts(NamedTuple):
    """The processes that use the log, and who votes."""

    server: Process
    consumer: Process
    crowd: Crowd


@pytest.fixture
def parts(shared: Stack, rng: random.Random) -> Parts:
    """At work, with the first votes counted."""
    server, gateway = shared.doors()
    return Parts(server, shared.make("consumer").start(), Crowd([shared.route(gateway)], rng, False))


@contextmanager
def admin(stack: Stack) -> Iterator[tuple[AdminClient, str]]:
    """Whoever may change the topic, and its name."""
    parts = stack.books.log.removeprefix("kafka://").split("/")
    with AdminClient({"bootstrap.servers": parts[0]}) as client:
        yield client, parts[1]


def ended_with(process: Process, sentence: str, seconds: float = STOPPED) -> None:
    """It ends with 1, and the sentence is among what it says."""
    until(lambda: process.process and process.process.poll() is not None, f"the end of the {process.command}", seconds)
    assert process.ended() == 1
    assert sentence in process.errors.read_text()
    assert "Traceback" not in process.errors.read_text()


@pytest.mark.parametrize("kind", ["python", "rust"])
def test_f25_a_topic_made_again_under_votes_stops_server_and_consumer(shared: Stack, parts: Parts) -> None:
    with voting(parts.crowd):
        more(parts.crowd, 200)
        with admin(shared) as (client, topic):
            client.delete_topics([topic])[topic].result()
            until(lambda: topic not in client.list_topics(timeout=5).topics, "its end")
            until(lambda: made(client, topic), "the new one")
        ended_with(parts.server, f"The topic {topic} ")
        ended_with(parts.consumer, f"The topic {topic} is another one than at the start")
    counted_once(shared, parts.crowd)
    parts.consumer.launch()
    ended_with(parts.consumer, "and the log is")


def made(client: AdminClient, topic: str) -> bool:
    """Whether it could be made: a topic that was deleted just now may be in the way."""
    return client.create_topics([NewTopic(topic, PARTITIONS, 1, config=settings(1))])[topic].exception() is None


def counted_once(stack: Stack, crowd: Crowd) -> None:
    """What was accepted by the first topic and archived is there once, and nothing of the second."""
    receipts = [one.receipt for one in crowd.ledger if one.receipt]
    assert len(set(receipts)) == len(receipts), "two votes were told the same place"
    assert len({one.partition(".")[0] for one in receipts}) == 1, "a vote was accepted into another log"
    kept = stack.books.kept()
    counted = [one.id for one in kept.values() if one.verdict == "counted"]
    assert len(set(counted)) == len(counted)
    of_partition = {partition: sum(1 for p, _ in kept if p == partition) for partition, _ in kept}
    positions = stack.books.positions()
    assert all(of_partition.get(p, 0) >= positions[p] for p in positions), "a record was skipped"


@contextmanager
def put_back(stack: Stack, older: Path) -> Iterator[None]:
    """The broker's data is as it was before the block when the block ends."""
    kafka = stack.kafka.server
    kafka.stop()
    shutil.copytree(kafka.data, older)
    kafka.start()
    yield
    kafka.kill()
    shutil.rmtree(kafka.data)
    shutil.copytree(older, kafka.data)
    kafka.start()


def test_f26_a_broker_that_came_back_with_older_data_stops_server_and_consumer(
    shared: Stack, parts: Parts, tmp_path: Path
) -> None:
    with voting(parts.crowd):
        more(parts.crowd, 100)
        with put_back(shared, tmp_path / "older"):
            more(parts.crowd, 300)
            ends = shared.books.ends()
            until(lambda: all(shared.books.positions().get(p, 0) >= end for p, end in ends.items()), "their count")
        ended_with(parts.server, "Stopped, since going on would count wrongly.")  # it hears of it in one of two ways
        ended_with(parts.consumer, "Stopped, since going on would count wrongly.")  # so does this one
    parts.consumer.launch()
    ended_with(parts.consumer, "Bring back the broker's data that holds them.")


def test_f26_a_broker_put_back_and_written_on_past_the_count_is_not_counted_on(
    shared: Stack, parts: Parts, tmp_path: Path
) -> None:
    with voting(parts.crowd):
        more(parts.crowd, 50)
    with put_back(shared, tmp_path / "older"):
        with voting(parts.crowd):
            more(parts.crowd, 50)
        await_counted(shared.books)
        for process in (parts.server, parts.consumer):
            process.stop()
    counted = shared.books.positions()
    parts.server.start()
    with voting(parts.crowd):
        until(lambda: all(end > counted.get(p, 0) for p, end in shared.books.ends().items()), "votes past the count")
    parts.consumer.launch()
    ended_with(parts.consumer, "than the one that was counted: it was put back and written on.")
    assert shared.books.positions() == counted


def test_f27_a_consumer_whose_next_records_were_deleted_names_them_and_does_not_start(
    shared: Stack, parts: Parts
) -> None:
    with voting(parts.crowd):
        more(parts.crowd, 50)
        until(lambda: 0 in shared.books.positions(), "the first votes of the partition")
        parts.consumer.kill()
        position = shared.books.positions()[0]
        until(lambda: shared.books.ends()[0] > position + 10, "more votes")
    with admin(shared) as (client, topic):
        lost = TopicPartition(topic, 0, position + 5)
        client.delete_records([lost])[lost].result()
    parts.consumer.launch()
    ended_with(
        parts.consumer, f"partition 0 begins at {position + 5}, and its records from {position} to {position + 4}"
    )
    assert shared.books.positions()[0] == position


def widened(stack: Stack) -> None:
    """The topic has two partitions more."""
    with admin(stack) as (client, topic):
        client.create_partitions([NewPartitions(topic, PARTITIONS + 2)])[topic].result()
        until(lambda: len(client.list_topics(topic, 5).topics[topic].partitions) == PARTITIONS + 2, "the new ones")


def test_f28_a_topic_given_more_partitions_is_neither_voted_into_nor_counted(shared: Stack, parts: Parts) -> None:
    with voting(parts.crowd):
        more(parts.crowd, 50)
    await_counted(shared.books)
    widened(shared)
    for process in (parts.server, parts.consumer):
        process.kill()
        process.launch()
        ended_with(process, f"partitions is {PARTITIONS + 2}")
