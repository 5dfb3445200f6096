"""The archive in a SQLite file: a row a record, kept a batch a transaction."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from rockola.archive import Cursor, Document, Page, Query, other_log
from rockola.embedded import Connection, Database, Taken, examine_file, scalar
from rockola.failpoints import failpoint
from rockola.findings import Finding
from rockola.urls import options_of
from rockola.vote.errors import Contradiction, WrongLog
from rockola.vote.model import Door, Judged, Place, Record, Verdict, Vote

COLUMNS = (
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
CREATE INDEX IF NOT EXISTS votes_by_time ON votes (received_at);
CREATE INDEX IF NOT EXISTS votes_by_id ON votes (id) WHERE id IS NOT NULL
"""
VALUES = ", ".join(f"json_extract(value, '$[{index}]')" for index in range(len(COLUMNS)))
KEEP = f"INSERT INTO votes SELECT ?, {VALUES} FROM json_each(?)"
SAME = " AND ".join(f"votes.{name} IS json_extract(value, '$[{index}]')" for index, name in enumerate(COLUMNS))
EQUAL = f"SELECT count(*) FROM json_each(?) JOIN votes ON votes.partition = ? AND {SAME}"
SHOWN = f"SELECT partition, {', '.join(COLUMNS)} FROM votes WHERE "  # the columns are constants
REPLAY = f"""SELECT json_group_array(json_array({", ".join(COLUMNS[:-1])})) FROM (
    SELECT * FROM votes WHERE partition = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ?)"""
CHECKPOINT = """INSERT INTO checkpoints VALUES (?, ?)
    ON CONFLICT DO UPDATE SET position = max(position, excluded.position)"""
NEWEST = " ORDER BY received_at DESC, partition DESC, offset DESC LIMIT ?"
PATIENCE = 2.0  # seconds a page may take
REPLAYED = 5000  # rows read at once while a tally is rebuilt


class EmbeddedArchive:
    """An Archive in one file."""

    def __init__(self, url: str) -> None:
        options_of(url, {})
        self._database = Database(url, "archive", SCHEMA)

    def bind(self, generation: str) -> None:
        """See Archive."""
        self._database.settle = partial(_bind, generation=generation)
        with self._database.write() as connection:
            _bind(connection, generation)

    def generation(self) -> str | None:
        """See Archive."""
        with self._database.statement() as connection:
            found: str | None = scalar(connection, "SELECT generation FROM log")
            return found

    def keep(self, partition: int, judged: Sequence[Judged]) -> None:
        """See Archive; here a crash keeps all of them or none."""
        if not self._database.is_current():
            raise WrongLog(f"The archive at {self._database.path} was replaced or removed while it was written.")
        rows = msgspec.json.encode([_row(each) for each in judged]).decode()
        try:
            with self._database.statement() as connection:
                failpoint("archive.keep")
                connection.execute(KEEP, (partition, rows))
        except Taken:  # a crash or another consumer kept some of them before
            self._keep_again(partition, judged, rows)

    def _keep_again(self, partition: int, judged: Sequence[Judged], rows: str) -> None:
        with self._database.write() as connection:
            kept = connection.execute(KEEP + " WHERE true ON CONFLICT DO NOTHING", (partition, rows)).rowcount
            failpoint("archive.keep_again")
            if kept < len(judged) and scalar(connection, EQUAL, rows, partition) < len(judged):
                raise Contradiction(
                    f"The archive holds something else than the log says, between {partition}.{judged[0].offset} "
                    f"and {partition}.{judged[-1].offset}. `rockola verify` names the place."
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

    def page(self, query: Query, after: Cursor | None, limit: int) -> Page:
        """See Archive."""
        with self._database.read(PATIENCE) as connection:
            condition, values = _condition(query, after)
            rows = connection.execute(SHOWN + condition + NEWEST, (*values, limit)).fetchall()
            documents = [_document(scalar(connection, "SELECT generation FROM log"), row) for row in rows]
        return Page(documents, _cursor(documents[-1]) if len(documents) == limit else None)

    def get(self, place: Place) -> Document | None:
        """See Archive."""
        with self._database.read() as connection:
            if scalar(connection, "SELECT generation FROM log") != place.generation:
                return None
            row = connection.execute(SHOWN + "partition = ? AND offset = ?", place[1:]).fetchone()
            return row and _document(place.generation, row)

    def close(self) -> None:
        """See Archive."""
        self._database.close()

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
    if (found := scalar(connection, "SELECT generation FROM log")) is None:
        connection.execute("INSERT INTO log VALUES (?)", (generation,))
    elif found != generation:
        raise other_log(found, generation)


def _row(each: Judged) -> tuple[Any, ...]:
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
    partition, offset, verdict, name, album, year, rank, own, voter, door, at, duplicate_of, _ = row
    place = Place(generation, partition, offset)
    first = None if duplicate_of is None else place._replace(offset=duplicate_of)
    return Document(place, verdict, name, album, year, rank, own, voter, door, at or None, first)


def _cursor(last: Document) -> Cursor:
    return Cursor(last.received_at or 0, last.place.partition, last.place.offset)


def _condition(query: Query, after: Cursor | None) -> tuple[str, list[Any]]:
    parts: list[tuple[str, Sequence[Any]]] = [(f"{name} = ?", [value]) for name, value in query.equal.items()]
    if query.since is not None:
        parts.append(("received_at >= ?", [query.since]))
    if query.until is not None:
        parts.append(("received_at < ?", [query.until]))
    if after is not None:
        parts.append(("(received_at, partition, offset) < (?, ?, ?)", after))
    return " AND ".join(text for text, _ in parts) or "true", [value for _, values in parts for value in values]
