"""Summaries of the archive in a SQLite file: each record is counted by minute, in the transaction that keeps it."""

import time
from collections import Counter

from rockola.archive import COUNTING, Group, Query, Summary
from rockola.archive.bars import MINUTE, Counted, bar_starts, is_aligned, summarise, width_of
from rockola.archive.embedded_pages import page_statement, span_of
from rockola.embedded import Connection, Database, Overdue, limit, scalar

HOUR = 60  # minutes
SPANS = (1, HOUR)  # minutes that a row of the summary counts
KEY = "{0}received_at / 60000 / {1} * {1}, {0}verdict, ifnull({0}door, ''), ifnull({0}name, ''), ifnull({0}album, '')"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS summary (
    span INTEGER NOT NULL, minute INTEGER NOT NULL, verdict TEXT NOT NULL, door TEXT NOT NULL, name TEXT NOT NULL,
    album TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (span, minute, verdict, door, name, album)
) WITHOUT ROWID;
INSERT INTO summary {
    " UNION ALL ".join(
        f"SELECT {span}, {KEY.format('', span)}, count(*) FROM votes WHERE NOT EXISTS (SELECT 1 FROM summary) "
        "GROUP BY 2, 3, 4, 5, 6"
        for span in SPANS
    )
};
CREATE TRIGGER IF NOT EXISTS votes_summary AFTER INSERT ON votes BEGIN
    INSERT INTO summary VALUES {", ".join(f"({span}, {KEY.format('new.', span)}, 1)" for span in SPANS)}
        ON CONFLICT DO UPDATE SET number = number + 1;
END
"""
AMONG = "FROM summary WHERE span = ? AND minute >= ? AND minute < ?"
GROUPS, BY = f"SELECT name, album, verdict, door, sum(number) {AMONG}", " GROUP BY name, album, verdict, door"
TOTAL = f"SELECT sum(number) {AMONG}"
FIRST = "SELECT min(minute) FROM summary WHERE span = 60 AND minute > 0"
LAST = "SELECT max(minute) FROM summary WHERE span = 60"
COLUMNS = "name, album, verdict, door, received_at"
MOST = 2000  # records of one id that are counted; few have more than one
PATIENCE = 2.0  # seconds these may take, and so may the newest bar or hour of a summary

Key = tuple[str, ...]  # a Group in the table's form: empty where there is None


def summarised(database: Database, query: Query) -> Summary:
    """The summary of whatever matches."""
    return _of_id(database, query) if "id" in query.equal else _Count(query).summary(database)


def _of_id(database: Database, query: Query) -> Summary:
    asked = page_statement([query.equal], COLUMNS, span_of(query, None, False), MOST + 1, False)
    with database.read(PATIENCE) as connection:
        rows = connection.execute(*asked).fetchall()
    return summarise([Counted(Group(*row[:4]), row[4]) for row in rows[:MOST]], len(rows) <= MOST)


class _Count:
    """A summary as it grows, from the newest hour backwards."""

    def __init__(self, query: Query) -> None:
        self._query, self._stretches = query, 0
        self._where = "".join(f" AND {field} = ?" for field in query.equal)
        self._groups, self._bars = Counter[Key](), dict[int, int]()
        self._width, self._since = 1, 0  # minutes

    def summary(self, database: Database) -> Summary:
        """Counts until all is counted or time is up; Overdue when not even the newest stretch was."""
        try:
            with database.read(PATIENCE) as connection:
                whole = self._count(connection)
        except Overdue:
            if not self._stretches:
                raise
            whole = False
        groups = {
            Group(name or None, album or None, verdict, door or None): number
            for (name, album, verdict, door), number in self._groups.items()
        }
        bars = {start * MINUTE: number for start, number in self._bars.items() if number}
        exact = whole and is_aligned(self._query)
        return Summary(groups, bars, self._width * MINUTE, exact, None if whole else self._since * MINUTE)

    def _count(self, connection: Connection) -> bool:
        """Whether all was counted; time runs from here on, since another's summary may have been waited for."""
        until = time.monotonic() + COUNTING
        minutes = _minutes(connection, self._query)
        self._width, self._since = width_of(minutes.start * MINUTE, minutes.stop * MINUTE) // MINUTE, minutes.stop
        step = max(self._width, HOUR)
        for start in bar_starts(minutes, step):
            if self._stretches and time.monotonic() > until:
                return False
            stretch = range(max(start, minutes.start), min(start + step, minutes.stop))
            found = self._found(connection, stretch)
            self._groups.update(found)
            self._since = stretch.start
            if found and self._width < HOUR:
                self._add_bars(connection, stretch)
            else:
                self._bars[start] = found.total()
            self._stretches += 1
            limit(connection, until)
        if not self._query.since and (self._query.until is None or self._query.until > 0):
            self._groups.update(self._found(connection, range(1)))  # the first minute of 1970 has what has no time
        return True

    def _found(self, connection: Connection, minutes: range) -> Counter[Key]:
        found = Counter[Key]()
        for span, piece in pieces(minutes):
            for *group, number in connection.execute(GROUPS + self._where + BY, self._values(span, piece)):
                found[tuple(group)] += number
        return found

    def _add_bars(self, connection: Connection, minutes: range) -> None:
        for start in bar_starts(minutes, self._width):
            bar = range(max(start, minutes.start), min(start + self._width, minutes.stop))
            self._bars[start] = scalar(connection, TOTAL + self._where, *self._values(1, bar)) or 0

    def _values(self, span: int, minutes: range) -> tuple[int | str, ...]:
        return span, minutes.start, minutes.stop, *self._query.equal.values()


def pieces(minutes: range) -> list[tuple[int, range]]:
    """The whole hours among some minutes, and what is before and behind them, each with the span of its rows."""
    start, stop = -(-minutes.start // HOUR) * HOUR, minutes.stop // HOUR * HOUR
    if start >= stop:
        return [(1, minutes)]
    found = (1, range(minutes.start, start)), (HOUR, range(start, stop)), (1, range(stop, minutes.stop))
    return [(span, piece) for span, piece in found if piece]


def _minutes(connection: Connection, query: Query) -> range:
    """The minutes that a query touches, of the hours in which there are any."""
    first, last = scalar(connection, FIRST), scalar(connection, LAST)
    if first is None:
        return range(0)
    stop = last + HOUR if query.until is None else min(last + HOUR, -(-query.until // MINUTE))
    return range(max(first, (query.since or 0) // MINUTE), stop)
