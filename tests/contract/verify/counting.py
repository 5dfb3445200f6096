"""Votes that get every verdict, appended to a log and counted by a real consumer."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from confluent_kafka import Producer

from building import VOTER, keyed, vote
from rockola.consumer import Consumer
from rockola.eventlog import Keyed
from rockola.opening import open_archive, open_log_reader, open_log_writer, open_tally
from rockola.verify import Only, Report, verify
from rockola.vote.contest import Contest
from running import until

CATALOGUE = {("bohemia suburbana", album.casefold()): ("Bohemia Suburbana", album) for album in ("Ash", "Bell", "Añá")}
OPEN, LIMITED = Contest(), Contest(catalogue=CATALOGUE, votes_per_voter=2)
VOTES = [
    vote("Ash", "id-number-0"),
    vote("Bell", "id-number-1", VOTER),
    vote("Ash", "id-number-0"),
    vote("Bell", "", VOTER),
    vote('Quo"te \\ 😀', "id-number-4"),
    vote("Añá", "id-number-5", VOTER),
    vote("Bell", "id-number-5", VOTER),
    vote("Bell", "id-number-1", VOTER),
    vote("Bell", "id-number-1"),
    vote("Ash", rank=0),
    vote("Ash", rank=1000),
    vote("Ash", rank=5),
]
PARTITIONS = 2


class Books(NamedTuple):
    """The URLs of the three stores of a count."""

    log: str
    archive: str
    tally: str

    @classmethod
    def files(cls, folder: Path) -> "Books":
        """SQLite files in a folder."""
        return cls(*(f"sqlite:///{folder}/{name}.db{'?partitions=2' * (name == 'log')}" for name in cls._fields))

    def verified(self, contest: Contest, only: Only | None = None) -> Report:
        """What `rockola verify` finds."""
        return verify(*self, contest, only)


async def append(log: str, records: Sequence[Keyed]) -> None:
    """Appends them, as a server does."""
    writer = await open_log_writer(log)
    await writer.append(records)
    await writer.close()


def fill(log: str) -> None:
    """Makes a log: an unreadable record, an offset beside it that is no record's, and the votes."""
    asyncio.run(append(log, []))
    POISON[urlsplit(log).scheme](log)
    append_votes(log)


def append_votes(log: str, times: int = 1) -> None:
    """Appends the votes."""
    asyncio.run(append(log, [keyed(one) for one in VOTES] * times))


def poison_file(log: str) -> None:
    with closing(sqlite3.connect(urlsplit(log).path[1:], isolation_level=None)) as connection:
        connection.execute("INSERT INTO records VALUES (0, 1, x'ff00')")


def poison_topic(log: str) -> None:
    """A transaction ends with a mark of its own, which takes an offset; what was aborted is no record either."""
    servers, topic = urlsplit(log).netloc, urlsplit(log).path.strip("/")
    producer = Producer({"bootstrap.servers": servers, "transactional.id": topic, "log_level": 0})
    producer.init_transactions()
    for end in (producer.abort_transaction, producer.commit_transaction):
        producer.begin_transaction()
        producer.produce(topic, b"\xff\x00", partition=0)
        producer.flush()
        end()


POISON = {"sqlite": poison_file, "kafka": poison_topic}


def count(books: Books, contest: Contest) -> None:
    """Counts everything that the log holds."""
    with ExitStack() as opened:
        reader = opened.enter_context(closing(open_log_reader(books.log)))
        archive = opened.enter_context(closing(open_archive(books.archive)))
        tally = opened.enter_context(closing(open_tally(books.tally)))
        consumer = Consumer(reader, archive, tally, contest, 100)

        def is_counted() -> bool:
            for partition in reader.owned():
                list(consumer.step(partition, []))
            ends = {partition: reader.end(partition) for partition in reader.owned()}
            return len(ends) == PARTITIONS and all(tally.position(one) == end for one, end in ends.items())

        until(is_counted, "the count")
