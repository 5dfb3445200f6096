"""A small world for the counting protocol: the real consumer, the real embedded stores, and every misfortune.

A consumer's step is a generator, so it can be paused (a zombie), killed (dropped) or resumed between any two points.
"""

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rockola.archive.embedded import EmbeddedArchive
from rockola.consumer import Consumer
from rockola.eventlog import Batch
from rockola.eventlog.embedded import EmbeddedReader
from rockola.tally.embedded import EmbeddedTally
from rockola.vote.codec import encode_record
from rockola.vote.contest import Contest
from rockola.vote.model import Door, Judged, Vote, partition_of

PARTITIONS, LIMIT = 2, 2
ALBUMS = ("a", "b", "c")
CONTEST = Contest(catalogue={("band", album): ("band", album) for album in ALBUMS}, votes_per_voter=LIMIT)
TABLES = ("positions", "ids", "voters", "counts")


class Crashed(Exception):
    """The process died here."""


class ShortReader(EmbeddedReader):
    """Reads a few records at once, and remembers commits as a Kafka group would."""

    def __init__(self, url: str, rng: random.Random) -> None:
        super().__init__(url)
        self.rng, self.committed = rng, [0] * PARTITIONS

    def read(self, partition: int, start: int, limit: int) -> Batch:
        return super().read(partition, start, min(limit, self.rng.randint(1, 7)))

    def commit(self, partition: int, position: int) -> None:
        self.committed[partition] = max(self.committed[partition], position)


class TornArchive(EmbeddedArchive):
    """May die while it keeps, with any part of the batch kept, as an unordered insert may."""

    def __init__(self, url: str, rng: random.Random) -> None:
        super().__init__(url)
        self.rng, self.chance = rng, 0.0

    def keep(self, partition: int, judged: Sequence[Judged]) -> None:
        if self.rng.random() < self.chance:
            part = self.rng.sample(list(judged), self.rng.randint(0, len(judged)))
            super().keep(partition, part)
            raise Crashed
        super().keep(partition, judged)


class World:
    """One log with its tally and archive, an owner per partition, and zombies."""

    reader_class, archive_class, tally_class, consumer_class = ShortReader, TornArchive, EmbeddedTally, Consumer

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.rng = rng
        self.urls = {name: f"sqlite:///{folder}/{name}.db" for name in ("log", "tally", "archive")}
        self.reader = self.reader_class(self.urls["log"] + f"?partitions={PARTITIONS}", rng)
        self.archive = self.archive_class(self.urls["archive"], rng)
        self.tally = self.tally_class(self.urls["tally"])
        self.log, self.counts, self.kept = (
            sqlite3.connect(folder / f"{name}.db", isolation_level=None) for name in self.urls
        )
        for one in (self.log, self.counts, self.kept):
            one.execute("PRAGMA synchronous=OFF")
        self.owners = [self._consumer() for _ in range(PARTITIONS)]
        self.steps = [self._step(partition) for partition in range(PARTITIONS)]
        self.zombies: list[Iterator[str]] = []
        self.copy = self._copied()

    def close(self) -> None:
        for one in (self.reader, self.archive, self.tally, self.log, self.counts, self.kept):
            one.close()

    def home(self, vote: Vote) -> int:
        """The partition a vote goes to."""
        return partition_of(vote.key, PARTITIONS) if vote.key else self.rng.randrange(PARTITIONS)

    def produce(self, vote: Vote, skip: int = 0) -> None:
        """Appends a vote, its offset `skip` behind the one before it: offsets are sparse in Kafka."""
        partition = self.home(vote)
        self.append(partition, encode_record(vote, Door.GRPC, 1_700_000_000_000).decode(), skip)

    def append(self, partition: int, value: str | bytes, skip: int = 0) -> None:
        end = self.log.execute("SELECT coalesce(max(offset) + 1, 0) FROM records WHERE partition = ?", (partition,))
        self.log.execute("INSERT INTO records VALUES (?, ?, ?)", (partition, end.fetchone()[0] + skip, value))

    def advance(self, partition: int) -> None:
        """Lets an owner go on to its next point; a new step when one ended."""
        try:
            if next(self.steps[partition], None) is None:
                self.steps[partition] = self._step(partition)
        except Crashed:
            self.kill(partition)

    def kill(self, partition: int) -> None:
        """The owner dies where it is; another takes over, remembering nothing."""
        self.owners[partition] = self._consumer()
        self.steps[partition] = self._step(partition)

    def pause(self, partition: int) -> None:
        """The owner stops where it is and does not know that another took over."""
        self.zombies.append(self.steps[partition])
        self.kill(partition)

    def resume(self, zombie: int) -> None:
        """A zombie goes on to its next point."""
        try:
            if next(self.zombies[zombie], None) is None:
                del self.zombies[zombie]
        except Crashed:
            del self.zombies[zombie]

    def take_copy(self) -> None:
        self.copy = self._copied()

    def rewind(self) -> None:
        """The tally is replaced by its older copy: positions and counts together."""
        self.counts.execute("BEGIN IMMEDIATE")
        for table, rows in self.copy.items():
            self.counts.execute(f"DELETE FROM {table}")
            for row in rows:
                self.counts.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        self.counts.execute("COMMIT")

    def wipe(self, partition: int) -> None:
        """A partition of the tally is gone."""
        self.counts.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            self.counts.execute(f"DELETE FROM {table} WHERE partition = ?", (partition,))
        self.counts.execute("COMMIT")

    def settle(self) -> None:
        """Every zombie ends, and every owner works until the log is counted, or gives up."""
        self.archive.chance = 0.0
        while self.zombies:
            self.resume(0)
        for partition in range(PARTITIONS):
            for _ in range(600):
                self.advance(partition)
            self.steps[partition] = self._step(partition)

    def counted(self) -> Counter[str]:
        """Votes by album, as the tally has them."""
        prefix = '["votes","band","'
        totals = self.tally.totals().counts.items()
        return Counter({field[len(prefix) : -2]: number for field, number in totals if field.startswith(prefix)})

    def _consumer(self) -> Consumer:
        return self.consumer_class(self.reader, self.archive, self.tally, CONTEST, 100)

    def _step(self, partition: int) -> Iterator[str]:
        return self.owners[partition].step(partition, [])

    def _copied(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.counts.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
