"""The logs under the doors, asked behind rockola's back: how many records, the newest, and a log that hangs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition

from tools.services.process import Service

PATIENCE = 10.0


class Log(Protocol):
    """One log of one partition."""

    url: str

    def count(self) -> int:
        """Its records."""

    def newest(self) -> str:
        """The newest record as it lies there."""

    def blocked(self) -> "contextmanager[None]":
        """While it lasts, no append returns."""

    def close(self) -> None:
        """Nobody asks it any more."""


class SqliteLog:
    """A file, asked by SQL."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "log.db"
        self.url = f"sqlite:///{self._path}"

    def count(self) -> int:
        """See Log."""
        return int(self._ask("SELECT count(*) FROM records"))

    def newest(self) -> str:
        """See Log."""
        return str(self._ask("SELECT record FROM records ORDER BY offset DESC LIMIT 1"))

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """See Log: somebody else holds the file."""
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """See Log."""

    def _ask(self, question: str) -> object:
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.execute(question).fetchone()[0]


class KafkaLog:
    """A topic of its own on a real broker that nobody else uses."""

    def __init__(self, broker: Service) -> None:
        self._broker = broker
        name = f"test-{uuid4().hex}"
        self.url = f"{broker.url}/{name}?partitions=1&create_topic=true"
        self._place = TopicPartition(name, 0)
        self._consumer = Consumer({"bootstrap.servers": broker.address, "group.id": name, "log_level": 0})

    def count(self) -> int:
        """See Log."""
        return int(self._consumer.get_watermark_offsets(self._place, PATIENCE)[1])

    def newest(self) -> str:
        """See Log."""
        self._consumer.assign([TopicPartition(self._place.topic, 0, self.count() - 1)])
        found = self._consumer.poll(PATIENCE)
        self._consumer.unassign()
        assert found is not None
        assert found.error() is None, found.error()
        return bytes(found.value()).decode()

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """See Log: the broker hangs."""
        self._broker.pause()
        try:
            yield
        finally:
            self._broker.resume()

    def close(self) -> None:
        """See Log."""
        self._consumer.close()
