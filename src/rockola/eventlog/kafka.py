"""The event log in Kafka: a topic, opened by URL after its settings were seen to hold the promise."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from typing import cast

from confluent_kafka.admin import TopicDescription

from rockola.eventlog.kafka_cluster import Cluster
from rockola.eventlog.kafka_findings import findings_of
from rockola.eventlog.kafka_reader import KafkaReader
from rockola.eventlog.kafka_topic import Identity, Topic, identity_of
from rockola.eventlog.kafka_writer import KafkaWriter
from rockola.findings import Finding, require_fit, warn


async def open_writer(url: str) -> KafkaWriter:
    """Opens `kafka://[user:password@]host[:port][,host[:port]…][/topic]`; its options are in kafka_cluster.py.

    Unfit when the topic is absent or its settings would not hold the promise; those that may not are warned of.
    """
    topic = Topic(Cluster(url))
    return KafkaWriter(topic, await asyncio.to_thread(_fit, topic))


def open_reader(url: str) -> KafkaReader:
    """Opens the same as a member of a group; it owns partitions once the group has given it some."""
    topic = Topic(Cluster(url))
    return KafkaReader(topic, _fit(topic))


def examine(url: str) -> Sequence[Finding]:
    """The settings of the topic that are part of the promise."""
    with closing(Topic(Cluster(url))) as topic:
        return findings_of(topic, topic.describe())


def create_topic(url: str) -> str:
    """Makes the topic unless it is there, and names its generation."""
    with closing(Topic(Cluster(url))) as topic:
        return identity_of(topic.create()).generation


def _fit(topic: Topic) -> Identity:
    """The topic's identity, once its settings are seen to hold the promise; closes the topic when they do not."""
    try:
        found = topic.create() if topic.cluster.options["create_topic"] else topic.describe()
        warn(require_fit(f"The log at {topic.cluster.name}", findings_of(topic, found)))
    except BaseException:
        topic.close()
        raise
    return identity_of(cast(TopicDescription, found))  # one that is absent was not fit
