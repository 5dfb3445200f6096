"""The recount of a log and an archive in SQLite files: questions that SQLite answers, each in a process of its own.

A million votes take seconds this way, where a pass in Python would take many.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from sqlite3 import Connection
from typing import Any

from rockola.verify.report import MISJUDGED, NOT_IN_LOG, NOT_KEPT, OUTSIDE, Outcome, Sums
from rockola.verify.sqlite import Archive, connected
from rockola.vote.contest import Contest

Part = tuple[int, int, int]  # partition, start, end

# The archive's row, spelled as the record it must have been in the log, to the byte.
SPELLED = """'{"name":' || json_quote(name) || ',"album":' || json_quote(album) || ',"year":' || year
    || ',"rank":' || iif(rank % 100, rank / 100.0, rank / 100)
    || iif(id IS NULL, '', ',"id":"' || id || '"') || iif(voter IS NULL, '', ',"voter":"' || voter || '"')
    || ',"door":"' || door || '","at":' || received_at || '}'"""
READABLE = """CASE WHEN typeof(record) <> 'text' OR NOT json_valid(record) THEN false ELSE
    json_type(record, '$.name') IS 'text' AND json_type(record, '$.album') IS 'text'
    AND json_type(record, '$.at') IS 'integer' AND json_type(record, '$.year') IS 'integer'
    AND record ->> 'door' IN ('grpc', 'rust') AND record ->> 'year' BETWEEN 1900 AND 2100
    AND record ->> 'rank' BETWEEN 0 AND 10 END"""
WITHOUT_ROW = f"""SELECT partition, offset FROM upto CROSS JOIN log.records USING (partition)
    LEFT JOIN archive.votes v USING (partition, offset)
    WHERE records.offset >= start AND records.offset < position AND CASE verdict WHEN 'unreadable'
        THEN hex(record) IS NOT upper(raw) OR {READABLE}
        ELSE {SPELLED} IS NOT CAST(record AS TEXT) END
    ORDER BY partition, offset LIMIT 1"""
WITHOUT_RECORD = """SELECT partition, offset FROM upto CROSS JOIN archive.votes USING (partition)
    LEFT JOIN log.records USING (partition, offset)
    WHERE offset >= start AND offset < position AND record IS NULL ORDER BY partition, offset LIMIT 1"""
# The first record of an id speaks for its repeats; without an id a record speaks for itself.
FIRST = "iif(id IS NULL, offset, min(offset) OVER (PARTITION BY partition, voter, id)) AS first"
FIRSTS = f"""SELECT partition, offset, voter, id, verdict, duplicate_of, {FIRST}
    FROM upto CROSS JOIN archive.votes USING (partition)
    WHERE offset >= start AND offset < position AND verdict <> 'unreadable'
        AND (:open OR (name, album) IN (SELECT name, album FROM catalogue))"""
# Most ids are there once, and need no sorting.
UNLIMITED = f"""WITH repeated AS (SELECT id FROM archive.votes WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1)
    SELECT *, 0 AS nth FROM ({FIRSTS} AND id IN (SELECT id FROM repeated)) UNION ALL
    SELECT *, 0 AS nth FROM ({FIRSTS.replace(FIRST, "offset AS first")} AND id NOT IN (SELECT id FROM repeated))
    UNION ALL SELECT *, 0 AS nth FROM ({FIRSTS.replace(FIRST, "offset AS first")} AND id IS NULL)"""
# A voter's firsts are numbered in order: as many count as the limit allows.
LIMITED = f"""SELECT *, first_value(number) OVER (PARTITION BY partition, voter, coalesce(id, offset) ORDER BY offset)
        AS nth FROM (SELECT *, iif(voter IS NULL, 0,
            sum(offset = first) OVER (PARTITION BY partition, voter ORDER BY offset)) AS number FROM ({FIRSTS}))"""
OTHER_VERDICT = """SELECT partition, offset FROM (SELECT *, CASE WHEN nth > :limit THEN 'over_limit'
        WHEN offset > first THEN 'duplicate' ELSE 'counted' END AS want FROM ({}))
    WHERE verdict IS NOT want OR duplicate_of IS NOT iif(want = 'duplicate', first, NULL)
    ORDER BY partition, offset LIMIT 1"""
NO_CANDIDATE = """SELECT partition, offset FROM upto CROSS JOIN archive.votes USING (partition)
    WHERE offset >= start AND offset < position AND verdict NOT IN ('unreadable', 'not_in_catalogue')
        AND NOT (:open OR (name, album) IN (SELECT name, album FROM catalogue))
    ORDER BY partition, offset LIMIT 1"""
ROW_BY_ROW = ((NOT_KEPT, WITHOUT_ROW), (NOT_IN_LOG, WITHOUT_RECORD), (OUTSIDE, NO_CANDIDATE))
PART = 100_000  # records of a row-by-row question that one thread takes at once


@dataclass(frozen=True)
class Files:
    """Log and archive before the tally's positions, where nothing changes any more."""

    log: str
    archive: str
    positions: Mapping[int, int]
    contest: Contest

    def recount(self) -> Outcome:
        """Recounts the archive, and compares it with the log row by row."""
        with self.pool() as pool:
            misjudged = pool.submit(self.first, self.misjudged(), self.whole())
            counting = pool.submit(self.counted)
            asked = [(kind, pool.submit(self.first, ask, [part])) for kind, ask in ROW_BY_ROW for part in self.parts()]
            found = [(MISJUDGED, misjudged.result()), *((kind, answer.result()) for kind, answer in asked)]
            recount = counting.result()
        first = {kind: place for kind, place in reversed(found) if place}
        differences = [kind.format(f"{place[0]}.{place[1]}") for kind, place in reversed(first.items())]
        return Outcome({"archive": recount}, differences)

    def pool(self) -> Executor:
        """Processes where there is much to do: in one process, SQLite's memory counter is a lock between threads."""
        if sum(self.positions.values()) <= PART:
            return ThreadPoolExecutor(1)
        return ProcessPoolExecutor(os.cpu_count(), get_context("spawn"))

    def whole(self) -> list[Part]:
        """Everything before the positions."""
        return [(partition, 0, position) for partition, position in self.positions.items()]

    def parts(self) -> list[Part]:
        """The same in parts, for questions that ask about a row alone."""
        return [(p, at, min(at + PART, end)) for p, _, end in self.whole() for at in range(0, end, PART)]

    def misjudged(self) -> str:
        """Finds the first record whose verdict is not what the order of the log gives it."""
        return OTHER_VERDICT.format(UNLIMITED if self.contest.votes_per_voter is None else LIMITED)

    def first(self, statement: str, parts: Sequence[Part]) -> tuple[Any, ...] | None:
        """The first row of a statement's answer about these parts."""
        rules = {"open": self.contest.catalogue is None, "limit": self.contest.votes_per_voter}
        with self._connected(parts) as connection:
            used = {name: value for name, value in rules.items() if f":{name}" in statement}
            row: tuple[Any, ...] | None = connection.execute(statement, used).fetchone()
            return row

    def counted(self) -> Sums:
        """What the tally's counts and memory must be."""
        sums = Sums()
        with closing(Archive(self.archive)) as archive:
            for partition, position in self.positions.items():
                sums.count(archive.groups(partition, position))
        return sums

    @contextmanager
    def _connected(self, parts: Sequence[Part]) -> Iterator[Connection]:
        with closing(connected({"log": self.log, "archive": self.archive})) as connection:
            connection.execute(
                "CREATE TEMP TABLE upto (partition INTEGER PRIMARY KEY, start INTEGER, position INTEGER)"
            )
            connection.executemany("INSERT INTO upto VALUES (?, ?, ?)", parts)
            connection.execute("CREATE TEMP TABLE catalogue (name TEXT, album TEXT, PRIMARY KEY (name, album))")
            connection.executemany("INSERT INTO catalogue VALUES (?, ?)", sorted(self.contest.spellings))
            yield connection
