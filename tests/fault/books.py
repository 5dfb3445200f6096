"""What log, archive and tally hold, read for the auditor without the adapters that are audited."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pymongo
import redis
from confluent_kafka import Consumer, TopicPartition

WAIT = 10.0  # seconds for a store's answer

Records = Mapping[int, Sequence[tuple[int, bytes]]]  # partition → offset and bytes, in order


class Kept(NamedTuple):
    """What an archived document says of its record."""

    verdict: str
    duplicate_of: int | None
    id: str | None


class Books(NamedTuple):
    """The three stores of one count, by their URLs."""

    log: str
    archive: str
    tally: str

    @classmethod
    def embedded(cls, data: Path) -> "Books":
        """The files of a data folder."""
        return cls(*(f"sqlite:///{data}/{name}.db" for name in cls._fields))

    @property
    def flags(self) -> list[str]:
        """The flags of a `rockola` command that name them."""
        return [f"--{name}={url}" for name, url in self._asdict().items()]

    def records(self) -> Records:
        """Everything in the log."""
        return READ["records"][urlsplit(self.log).scheme](self.log)

    def ends(self) -> Mapping[int, int]:
        """The position behind the last record of each partition that has any."""
        return READ["ends"][urlsplit(self.log).scheme](self.log)

    def positions(self) -> Mapping[int, int]:
        """Where the tally stands in each partition that it has counted anything of."""
        return READ["positions"][urlsplit(self.tally).scheme](self.tally)

    def kept(self) -> Mapping[tuple[int, int], Kept]:
        """Every archived document by partition and offset."""
        return READ["kept"][urlsplit(self.archive).scheme](self.archive)


def ask(url: str, question: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of a SQLite file."""
    with closing(sqlite3.connect(urlsplit(url).path[1:], timeout=WAIT)) as connection:
        return connection.execute(question, values).fetchall()


def sqlite_records(url: str) -> Records:
    found: dict[int, list[tuple[int, bytes]]] = {}
    question = "SELECT partition, offset, CAST(record AS BLOB) FROM records ORDER BY partition, offset"
    for partition, offset, value in ask(url, question):
        found.setdefault(partition, []).append((offset, value))
    return found


def sqlite_ends(url: str) -> Mapping[int, int]:
    return dict(ask(url, "SELECT partition, max(offset) + 1 FROM records GROUP BY partition"))


def sqlite_positions(url: str) -> Mapping[int, int]:
    return dict(ask(url, "SELECT partition, position FROM positions WHERE position > 0"))


def sqlite_kept(url: str) -> Mapping[tuple[int, int], Kept]:
    rows = ask(url, "SELECT partition, offset, verdict, duplicate_of, id FROM votes")
    return {(partition, offset): Kept(*rest) for partition, offset, *rest in rows}


def kafka_reader(url: str) -> tuple[Consumer, str]:
    parts = urlsplit(url)
    settings = {"bootstrap.servers": parts.netloc, "group.id": "auditor", "enable.auto.commit": False}
    return Consumer(settings | {"auto.offset.reset": "error", "enable.partition.eof": True}), parts.path.strip("/")


def kafka_ends(url: str) -> Mapping[int, int]:
    reader, topic = kafka_reader(url)
    with closing(reader):
        partitions = reader.list_topics(topic, WAIT).topics[topic].partitions
        ends = {p: reader.get_watermark_offsets(TopicPartition(topic, p), WAIT)[1] for p in partitions}
    return {partition: end for partition, end in ends.items() if end}


def kafka_records(url: str) -> Records:
    left = set(kafka_ends(url))
    found: dict[int, list[tuple[int, bytes]]] = {partition: [] for partition in left}
    reader, topic = kafka_reader(url)
    with closing(reader):
        reader.assign([TopicPartition(topic, partition, 0) for partition in left])
        while left:
            for message in reader.consume(1000, 0.1):
                if message.error() is None:
                    found[message.partition()].append((message.offset(), message.value() or b""))
                else:  # the end of a partition
                    left.discard(message.partition())
    return found


def mongo_kept(url: str) -> Mapping[tuple[int, int], Kept]:
    with pymongo.MongoClient(url) as client:
        documents = client.get_default_database()["votes"].find({}, batch_size=5000)
        return {(each["partition"], each["offset"]): kept_of(each) for each in documents}


def kept_of(document: Mapping[str, Any]) -> Kept:
    place = document.get("duplicate_of")
    return Kept(document["verdict"], place and int(place.rpartition(".")[2]), document.get("id"))


def redis_positions(url: str) -> Mapping[int, int]:
    parts = urlsplit(url)
    found = {}
    with closing(redis.Redis.from_url(parts._replace(query="", fragment="").geturl())) as client:
        for key in client.scan_iter(f"{parts.fragment}{{*}}:counts"):
            partition = int(re.findall(rb":(\d+)}:counts$", key)[0])
            found[partition] = int(client.hget(key, "position") or 0)
    return {partition: position for partition, position in found.items() if position}


READ: Mapping[str, Mapping[str, Callable[[str], Any]]] = {
    "records": {"sqlite": sqlite_records, "kafka": kafka_records},
    "ends": {"sqlite": sqlite_ends, "kafka": kafka_ends},
    "positions": {"sqlite": sqlite_positions, "redis": redis_positions},
    "kept": {"sqlite": sqlite_kept, "mongodb": mongo_kept},
}


def flattened(records: Records) -> Iterator[tuple[int, int, bytes]]:
    """Partition, offset and bytes of every record."""
    for partition, rows in records.items():
        for offset, value in rows:
            yield partition, offset, value
