"""The archive in a SQLite file: a row a record, kept a batch a transaction."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import chain
from typing import Any

import msgspec

from rockola.archive import Cursor, Document, Page, Query, Summary, other_log, page_of
from rockola.archive.embedded_pages import branches, page_statement, span_of
from rockola.archive.embedded_summary import SCHEMA as SUMMARY
from rockola.archive.embedded_summary import summarised
from rockola.embedded import Connection, Database, Taken, examine_file, scalar
from rockola.failpoints import failpoint
from rockola.findings import Finding
from rockola.urls import options_of
from rockola.vote.errors import Contradiction, WrongLog
from rockola.vote.model import Door, Judged, Place, Record, Verdict, Vote

COLUMNS = (  # after the partition
    "offset",
    "verdict",
    "name",
    "album",
    "year",
    "rank",
    "id",
    "voter",
    "door",
    "received_at",
    "duplicate_of",
    "raw",  # of an unreadable record, in hexadecimal
)
SCHEMA = """
CREATE TABLE IF NOT EXISTS log (generation TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoints (partition INTEGER PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS votes (
    partition INTEGER NOT NULL, offset INTEGER NOT NULL, verdict TEXT NOT NULL, name TEXT, album TEXT, year INTEGER,
    rank INTEGER, id TEXT, voter TEXT, door TEXT, received_at INTEGER NOT NULL, duplicate_of INTEGER, raw TEXT,
    PRIMARY KEY (partition, offset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS votes_by_verdict ON votes (verdict, door, received_at);
CREATE INDEX IF NOT EXISTS votes_by_candidate ON votes (album, name, verdict, door, received_at);
CREATE INDEX IF NOT EXISTS votes_by_request ON votes (id, received_at) WHERE id IS NOT NULL;
"""
GENERATION = "SELECT generation FROM log"
WIDTH = len(COLUMNS) + 1  # values of a row
SIZES = (8, 64, 500)  # rows a statement has room for: a statement of each size is prepared once, and binding is quick
SAME = " AND ".join(f"votes.{name} IS value ->> {index}" for index, name in enumerate(("partition", *COLUMNS)))
EQUAL = f"SELECT count(*) FROM json_each(?) JOIN votes ON {SAME}"
SHOWN = f"partition, {', '.join(COLUMNS[:-1])}"
GET = f"SELECT {SHOWN} FROM votes WHERE partition = ? AND offset = ?"
BETWEEN = f"SELECT {SHOWN} FROM votes WHERE partition = ? AND offset >= ? AND offset < ? ORDER BY offset"
REPLAY = f"""SELECT json_group_array(json_array({", ".join(COLUMNS[:-1])})) FROM (
    SELECT * FROM votes WHERE partition = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ?)"""
CHECKPOINT = """INSERT INTO checkpoints VALUES (?, ?)
    ON CONFLICT DO UPDATE SET position = max(position, excluded.position)"""
Row = tuple[Any, ...]
PATIENCE = 2.0  # seconds a page may take
REPLAYED = 5000  # rows read at once while a tally is rebuilt


class EmbeddedArchive:
    """An Archive in one file."""

    def __init__(self, url: str) -> None:
        options_of(url, {})
        self._database = Database(url, "archive", SCHEMA + SUMMARY)
        self._counts = Database(url, "archive", "")  # a page does not wait for a summary

    def bind(self, generation: str) -> None:
        """See Archive."""
        self._database.settle = partial(_bind, generation=generation)
        with self._database.write() as connection:
            _bind(connection, generation)

    def generation(self) -> str | None:
        """See Archive."""
        with self._database.statement() as connection:
            found: str | None = scalar(connection, GENERATION)
            return found

    def keep(self, partition: int, judged: Sequence[Judged]) -> None:
        """See Archive; here a crash keeps all of up to 500, or none."""
        if not self._database.is_current():
            raise WrongLog(f"The archive at {self._database.path} was replaced or removed while it was written.")
        for start in range(0, len(judged), SIZES[-1]):
            self._keep(partition, judged[start : start + SIZES[-1]])

    def _keep(self, partition: int, judged: Sequence[Judged]) -> None:
        rows = [(partition, *_row(each)) for each in judged]
        try:
            with self._database.statement() as connection:
                failpoint("archive.keep")
                _insert(connection, rows)
        except Taken:  # a crash or another consumer kept some of them before
            self._keep_again(rows)

    def _keep_again(self, rows: Sequence[Row]) -> None:
        with self._database.write() as connection:
            kept = _insert(connection, rows, " ON CONFLICT DO NOTHING")
            failpoint("archive.keep_again")
            if kept < len(rows) and scalar(connection, EQUAL, msgspec.json.encode(rows).decode()) < len(rows):
                (partition, first), (_, last) = rows[0][:2], rows[-1][:2]
                raise Contradiction(
                    f"The archive holds something else than the log says, between {partition}.{first} "
                    f"and {partition}.{last}. `rockola verify` names the place."
                )

    def checkpoint(self, partition: int, position: int) -> None:
        """See Archive."""
        with self._database.statement() as connection:
            connection.execute(CHECKPOINT, (partition, position))

    def checkpoints(self) -> Mapping[int, int]:
        """See Archive."""
        with self._database.statement() as connection:
            return dict(connection.execute("SELECT partition, position FROM checkpoints").fetchall())

    def replay(self, partition: int, start: int, until: int) -> Iterator[Sequence[Judged]]:
        """See Archive."""
        while judged := self._replayed(partition, start, until):
            yield judged
            start = judged[-1].offset + 1

    def page(self, query: Query, start: Cursor | None, limit: int, newer: bool = False) -> Page:
        """See Archive."""
        with self._database.read(PATIENCE) as connection:
            if not (chosen := branches(connection, query)):
                return page_of([], limit, newer)
            asked = page_statement(chosen, SHOWN, span_of(query, start, newer), limit + 1, newer)
            generation, rows = scalar(connection, GENERATION), connection.execute(*asked).fetchall()
        return page_of([_document(generation, row) for row in rows], limit, newer)

    def between(self, partition: int, start: int, until: int) -> Sequence[Document]:
        """See Archive."""
        with self._database.read(PATIENCE) as connection:
            rows = connection.execute(BETWEEN, (partition, start, until)).fetchall()
            return [_document(scalar(connection, GENERATION), row) for row in rows]

    def summary(self, query: Query) -> Summary:
        """See Archive; counted by minute while votes are kept, so that it costs the same however many there are."""
        return summarised(self._counts, query)

    def get(self, place: Place) -> Document | None:
        """See Archive."""
        with self._database.read() as connection:
            if scalar(connection, GENERATION) != place.generation:
                return None
            row = connection.execute(GET, place[1:]).fetchone()
            return row and _document(place.generation, row)

    def close(self) -> None:
        """See Archive."""
        self._database.close()
        self._counts.close()

    def _replayed(self, partition: int, start: int, until: int) -> list[Judged]:
        with self._database.statement() as connection:
            rows = msgspec.json.decode(scalar(connection, REPLAY, partition, start, until, REPLAYED))
        return [_judged(row) for row in rows]


def open_archive(url: str) -> EmbeddedArchive:
    """Opens `sqlite:///path/archive.db`."""
    return EmbeddedArchive(url)


def examine(url: str) -> Sequence[Finding]:
    """The settings of the file that are part of the promise."""
    return examine_file(url, "archive")


def _bind(connection: Connection, generation: str) -> None:
    if (found := scalar(connection, GENERATION)) is None:
        connection.execute("INSERT INTO log VALUES (?)", (generation,))
    elif found != generation:
        raise other_log(found, generation)


def _insert(connection: Connection, rows: Sequence[Row], otherwise: str = "") -> int:
    """Inserts at most as many rows as the largest statement has room for; how many were not there before."""
    size = next(size for size in SIZES if size >= len(rows))
    values = [*chain.from_iterable(rows), *[None] * (WIDTH * (size - len(rows)))]
    return connection.execute(_keep_statement(size) + otherwise, values).rowcount


@cache
def _keep_statement(size: int) -> str:
    row = f"(?{', ?' * (WIDTH - 1)})"
    return f"INSERT INTO votes SELECT * FROM (VALUES {', '.join([row] * size)}) WHERE column1 IS NOT NULL"


def _row(each: Judged) -> Row:
    if each.record is None:
        return each.offset, each.verdict, *[None] * 7, 0, None, each.raw.hex()
    vote = each.record.vote
    return (
        each.offset,
        each.verdict,
        vote.name,
        vote.album,
        vote.year,
        vote.rank,
        vote.id or None,
        vote.voter or None,
        each.record.door,
        each.record.at,
        each.duplicate_of,
        None,
    )


def _judged(row: Sequence[Any]) -> Judged:
    offset, verdict, name, album, year, rank, own, voter, door, at, duplicate_of = row
    if verdict == Verdict.UNREADABLE:
        return Judged(offset, Verdict.UNREADABLE, None)
    record = Record(Vote(name, album, year, rank, own or "", voter or ""), Door(door), at)
    return Judged(offset, Verdict(verdict), record, duplicate_of)


def _document(generation: str, row: Sequence[Any]) -> Document:
    partition, offset, verdict, name, album, year, rank, own, voter, door, at, duplicate_of = row
    place = Place(generation, partition, offset)
    first = None if duplicate_of is None else place._replace(offset=duplicate_of)
    return Document(place, verdict, name, album, year, rank, own, voter, door, at or None, first)
