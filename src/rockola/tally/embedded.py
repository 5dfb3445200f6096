"""The tally in a SQLite file: the position and everything it stands for change in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec

from rockola.embedded import Connection, Database, examine_file, scalar
from rockola.failpoints import failpoint
from rockola.findings import Finding
from rockola.tally import Applied, Moved, Source, Step, Totals
from rockola.tally.sources import require_same
from rockola.urls import options_of
from rockola.vote.rules import Effect, Known

SCHEMA = """
CREATE TABLE IF NOT EXISTS source (generation TEXT NOT NULL, partitions INTEGER NOT NULL, contest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS revealed (generation TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS positions (
    partition INTEGER PRIMARY KEY, position INTEGER NOT NULL, rebuilds INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ids (
    partition INTEGER NOT NULL, key TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (partition, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS voters (
    partition INTEGER NOT NULL, key TEXT NOT NULL, votes INTEGER NOT NULL, PRIMARY KEY (partition, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (
    field TEXT NOT NULL, partition INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (field, partition)
) WITHOUT ROWID
"""
LOOK = """SELECT position,
    (SELECT json_group_object(key, offset) FROM ids WHERE partition = ?1 AND key IN (SELECT value FROM json_each(?2))),
    (SELECT json_group_object(key, votes) FROM voters WHERE partition = ?1 AND key IN (SELECT value FROM json_each(?3)))
    FROM positions WHERE partition = ?1"""
MOVE = "UPDATE positions SET position = ? WHERE partition = ? AND position = ?"
POSITION = "SELECT position FROM positions WHERE partition = ?"
REMEMBER = "INSERT INTO ids SELECT ?, key, value FROM json_each(?)"
RAISE_VOTERS = """INSERT INTO voters SELECT ?, key, value FROM json_each(?) WHERE true
    ON CONFLICT DO UPDATE SET votes = votes + excluded.votes"""
RAISE_COUNTS = """INSERT INTO counts SELECT key, ?, value FROM json_each(?) WHERE true
    ON CONFLICT DO UPDATE SET number = number + excluded.number"""
# Seconds since 1970: a number that a wiped tally cannot remember, yet must rise above.
BEGIN = "INSERT INTO positions VALUES (?, ?, iif(? > 0, unixepoch(), 0))"
SUMS = """SELECT json_group_object(field, number) FROM (
    SELECT field, sum(number) AS number FROM counts WHERE {} GROUP BY field)"""
REVEAL = "INSERT OR REPLACE INTO revealed SELECT generation FROM source"
REVEALED = "SELECT count(*) FROM revealed NATURAL JOIN source"
MINUTE = '["minute"'  # counts by minute lie together, from here to the next letter
FIRST, LAST = MINUTE, MINUTE + "~"


_object = msgspec.json.Decoder(dict[str, int]).decode


class EmbeddedTally:
    """A Tally in one file."""

    def __init__(self, url: str) -> None:
        options_of(url, {})
        self._database = Database(url, "tally", SCHEMA)

    def bind(self, source: Source, hidden: bool = False) -> None:
        """See Tally."""
        self._database.settle = partial(_bind, source=source)
        with self._database.write() as connection:
            _bind(connection, source)

    def position(self, partition: int) -> int | None:
        """See Tally."""
        with self._database.statement() as connection:
            position: int | None = scalar(connection, POSITION, partition)
            return position

    def look(self, partition: int, start: int, ids: Sequence[str], voters: Sequence[str]) -> Known | Moved:
        """See Tally."""
        asked = (partition, msgspec.json.encode(ids).decode(), msgspec.json.encode(voters).decode())
        with self._database.statement() as connection:
            position, *found = connection.execute(LOOK, asked).fetchone() or (None,)
        return Known(*map(_object, found)) if position == start else Moved(position)

    def apply(self, step: Step) -> Applied | Moved:
        """See Tally."""
        with self._database.write() as connection:
            if not connection.execute(MOVE, (step.next, step.partition, step.start)).rowcount:
                return Moved(scalar(connection, POSITION, step.partition))
            failpoint("tally.apply")
            _count(connection, step.partition, step.effect)
        return Applied(step.next)

    def restore(self, partition: int, position: int, effects: Iterable[Effect]) -> bool:
        """See Tally."""
        with self._database.write() as connection:
            self._database.settle(connection)  # the source was lost as well, perhaps
            if scalar(connection, POSITION, partition) is not None:
                return False
            for effect in effects:
                _count(connection, partition, effect)
            failpoint("tally.restore")
            connection.execute(BEGIN, (partition, position, position))
        return True

    def reveal(self) -> bool:
        """See Tally."""
        with self._database.write() as connection:
            return connection.execute(REVEAL).rowcount > 0

    def totals(self) -> Totals:
        """See Tally."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT partition, position, rebuilds FROM positions").fetchall()
            counts = _sums(connection, "field < ? OR field > ?", FIRST, LAST)
            source, revealed = _source(connection), bool(scalar(connection, REVEALED))
        positions = {partition: position for partition, position, _ in rows}
        return Totals(source, positions, max((row[2] for row in rows), default=0), counts, revealed)

    def minutes(self, since: int) -> Mapping[str, int]:
        """See Tally."""
        with self._database.read() as connection:
            return _sums(connection, "field BETWEEN ? AND ? AND field ->> 3 >= ?", FIRST, LAST, since)

    def close(self) -> None:
        """See Tally."""
        self._database.close()


def open_tally(url: str) -> EmbeddedTally:
    """Opens `sqlite:///path/tally.db`."""
    return EmbeddedTally(url)


def examine(url: str) -> Sequence[Finding]:
    """The settings of the file that are part of the promise."""
    return examine_file(url, "tally")


def _count(connection: Connection, partition: int, effect: Effect) -> None:
    for statement, values in zip((REMEMBER, RAISE_VOTERS, RAISE_COUNTS), effect, strict=True):
        if values:
            connection.execute(statement, (partition, msgspec.json.encode(values).decode()))


def _sums(connection: Connection, condition: str, *values: object) -> Mapping[str, int]:
    return _object(scalar(connection, SUMS.format(condition), *values))


def _bind(connection: Connection, source: Source) -> None:
    if (found := _source(connection)) is None:
        connection.execute("INSERT INTO source VALUES (?, ?, ?)", source)
    else:
        require_same(found, source)


def _source(connection: Connection) -> Source | None:
    row = connection.execute("SELECT generation, partitions, contest FROM source").fetchone()
    return row and Source(*row)
