"""Log, archive and tally in SQLite files, read by SQL of its own."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from rockola.urls import path_of
from rockola.verify.report import Alike, Group, Memory, Sums, Tallied
from rockola.verify.sources import Row
from rockola.vote.errors import Unavailable

RECORDS = "SELECT offset, CAST(record AS BLOB) FROM log.records WHERE partition = ? AND offset < ? ORDER BY offset"
END = "SELECT coalesce(max(offset) + 1, 0) FROM log.records WHERE partition = ?"
ROWS = """SELECT offset, verdict, duplicate_of, raw, name, album, year, rank, id, voter, door, received_at
    FROM archive.votes WHERE partition = ? AND offset < ? ORDER BY offset"""
GROUPS = """SELECT verdict, name, album, door, rank / 100, received_at / 60000, count(*), coalesce(sum(rank), 0),
        count(id), coalesce(sum(iif(id IS NULL, 0, offset)), 0), count(voter)
    FROM archive.votes WHERE partition = ? AND offset >= ? AND offset < ? GROUP BY 1, 2, 3, 4, 5, 6"""
MEMORY = """SELECT (SELECT count(*) FROM tally.ids), (SELECT coalesce(sum(offset), 0) FROM tally.ids),
    (SELECT coalesce(sum(votes), 0) FROM tally.voters)"""
GROUPED = 5000  # records grouped at once: sorting stays in the processor's cache, three times faster


class File:
    """One store's file, which may be in use."""

    def __init__(self, store: str, url: str) -> None:
        self._store, self._path = store, path_of(url)
        self._connection = connected({store: url})

    def ask(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of an answer; Unavailable when the file cannot be read."""
        with errors(self._store, self._path):
            for row in self._connection.execute(statement, values):  # noqa: UP028, would close the cursor when let go
                yield row

    def one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """The first of them."""
        return next(self.ask(statement, *values), None)

    def close(self) -> None:
        """Frees what it holds."""
        self._connection.close()


class Bound(File):
    """A file that says which log it belongs to."""

    @property
    def generation(self) -> str | None:
        """See sources.Log and sources.Archive."""
        generation: str | None = (self.one(f"SELECT generation FROM {self._store}.log") or (None,))[0]
        return generation


class Log(Bound):
    """See sources.Log."""

    def __init__(self, url: str) -> None:
        super().__init__("log", url)

    def bounds(self, partition: int) -> tuple[int, int]:
        """See sources.Log; nothing ages out of a file."""
        return 0, (self.one(END, partition) or (0,))[0]

    def records(self, partition: int, until: int) -> Iterator[tuple[int, bytes]]:
        """See sources.Log."""
        yield from self.ask(RECORDS, partition, until)


class Archive(Bound):
    """See sources.Archive."""

    def __init__(self, url: str) -> None:
        super().__init__("archive", url)

    def rows(self, partition: int, until: int) -> Iterator[Row]:
        """See sources.Archive."""
        for offset, verdict, first, raw, *content in self.ask(ROWS, partition, until):
            yield Row(offset, verdict, first, str(raw).lower() if verdict == "unreadable" else tuple(content))

    def groups(self, partition: int, until: int) -> Iterator[Alike]:
        """See sources.Archive."""
        for start in range(0, until, GROUPED):
            end = min(start + GROUPED, until)
            for *group, votes, ranks, ids, offsets, own in self.ask(GROUPS, partition, start, end):
                yield Alike(Group(*group), votes, ranks, Memory(ids, offsets, own))


def read_tally(url: str) -> Tallied:
    """See sources.read_tally; all partitions at one moment."""
    with closing(File("tally", url)) as tally:
        tally.one("BEGIN")
        generation, partitions = tally.one("SELECT generation, partitions FROM tally.source") or (None, 0)
        positions = dict[int, int](tally.ask("SELECT partition, position FROM tally.positions"))
        counts = Counter(dict(tally.ask("SELECT field, sum(number) FROM tally.counts GROUP BY field")))
        memory = Memory(*(tally.one(MEMORY) or ()))
    return Tallied(generation, partitions, positions, Sums(counts, memory))


def connected(urls: Mapping[str, str]) -> sqlite3.Connection:
    """A connection with these stores attached by their names, to read only; Unavailable when one cannot be read."""
    connection = sqlite3.connect(":memory:", isolation_level=None, uri=True)
    try:
        for store, url in urls.items():
            with errors(store, path_of(url)):
                connection.execute(f"ATTACH ? AS {store}", (f"{path_of(url).absolute().as_uri()}?mode=ro",))
                connection.execute(f"SELECT count(*) FROM {store}.sqlite_schema")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def errors(store: str, path: Path) -> Iterator[None]:
    """Names the store that could not be read."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise Unavailable(f"{store} at {path}") from error
