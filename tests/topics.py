"""Kafka topics as an administrator has them, behind rockola's back: made, changed, emptied, removed."""

from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from running import until

Settings = dict[str, str]


class Topic:
    """The topic that a log's URL names."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.servers, self.name = {"bootstrap.servers": parts.netloc}, parts.path.strip("/")
        self.admin = AdminClient(self.servers)

    def make(self, settings: Settings, partitions: int = 2) -> None:
        self.admin.create_topics([NewTopic(self.name, partitions, 1, config=settings)])[self.name].result()
        until(self.id, "the new topic")

    def remove(self) -> None:
        self.admin.delete_topics([self.name])[self.name].result()
        until(lambda: not self.id(), "the end of the topic")

    def id(self) -> str:
        """Its id as Kafka prints it; empty when there is no such topic."""
        try:
            return str(self.admin.describe_topics(TopicCollection([self.name]))[self.name].result().topic_id)
        except KafkaException:
            return ""

    def settings(self) -> Settings:
        resource = ConfigResource(ResourceType.TOPIC, self.name)
        return {name: each.value for name, each in self.admin.describe_configs([resource])[resource].result().items()}

    def change(self, settings: Settings) -> None:
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in settings.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, self.name, incremental_configs=entries)
        self.admin.incremental_alter_configs([resource])[resource].result()
        until(lambda: self.settings().items() >= settings.items(), "the settings")

    def grow(self, partitions: int) -> None:
        self.admin.create_partitions([NewPartitions(self.name, partitions)])[self.name].result()

    def forget(self, partition: int, before: int) -> None:
        """Deletes a partition's records, as retention does in its time."""
        at = TopicPartition(self.name, partition, before)
        self.admin.delete_records([at])[at].result()

    def transact(self, partition: int, values: Sequence[bytes], kept: bool = True) -> None:
        """Appends in a transaction, which leaves a record of its own behind that is not for readers."""
        producer = Producer(self.servers | {"transactional.id": self.name})
        producer.init_transactions()
        producer.begin_transaction()
        for value in values:
            producer.produce(self.name, value, partition=partition)
        producer.flush()
        producer.commit_transaction() if kept else producer.abort_transaction()

    def append(self, partition: int, *values: bytes | None) -> None:
        """Appends what no server writes."""
        producer = Producer(self.servers | {"linger.ms": 0, "batch.size": 60_000, "queue.buffering.max.messages": 0})
        failed: list[object] = []
        for value in values:
            producer.produce(self.name, value, partition=partition, on_delivery=lambda e, _: e and failed.append(e))
        producer.flush()
        assert not failed

    def messages(self, number: int) -> list[Message]:
        """So many messages of the topic, as another tool sees them."""
        consumer = Consumer(self.servers | {"group.id": "another", "auto.offset.reset": "earliest"})
        consumer.subscribe([self.name])
        try:
            return consumer.consume(number, 30)
        finally:
            consumer.close()

    def committed(self, partition: int) -> int:
        """The position that the group of the topic's own name committed."""
        with closing(Consumer(self.servers | {"group.id": self.name})) as consumer:
            (found,) = consumer.committed([TopicPartition(self.name, partition)], 10)
            return found.offset
