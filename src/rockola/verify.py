"""Recounts the log and the archive by SQL of its own, and compares with the tally at the tally's positions.

Nothing of the consumer is used: what it got wrong would be got wrong here again.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from rockola.embedded import path_of
from rockola.vote.contest import Contest
from rockola.vote.errors import Unavailable
from rockola.vote.model import Verdict

Group = tuple[Any, ...]
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
NOT_KEPT = f"""SELECT partition, offset FROM upto CROSS JOIN log.records USING (partition)
    LEFT JOIN archive.votes v USING (partition, offset)
    WHERE records.offset >= start AND records.offset < position AND CASE verdict WHEN 'unreadable'
        THEN hex(record) IS NOT upper(raw) OR {READABLE}
        ELSE {SPELLED} IS NOT CAST(record AS TEXT) END
    ORDER BY partition, offset LIMIT 1"""
NOT_IN_LOG = """SELECT partition, offset FROM upto CROSS JOIN archive.votes USING (partition)
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
MISJUDGED = """SELECT partition, offset FROM (SELECT *, CASE WHEN nth > :limit THEN 'over_limit'
        WHEN offset > first THEN 'duplicate' ELSE 'counted' END AS want FROM ({}))
    WHERE verdict IS NOT want OR duplicate_of IS NOT iif(want = 'duplicate', first, NULL)
    ORDER BY partition, offset LIMIT 1"""
OUTSIDE = """SELECT partition, offset FROM upto CROSS JOIN archive.votes USING (partition)
    WHERE offset >= start AND offset < position AND verdict NOT IN ('unreadable', 'not_in_catalogue')
        AND NOT (:open OR (name, album) IN (SELECT name, album FROM catalogue))
    ORDER BY partition, offset LIMIT 1"""
GROUPS = """SELECT verdict, name, album, door, rank / 100, received_at / 60000, count(*), sum(rank) FROM archive.votes
    WHERE partition = ? AND offset >= ? AND offset < ? GROUP BY 1, 2, 3, 4, 5, 6"""
MEMORY = """SELECT (SELECT count(*) FROM tally.ids), (SELECT sum(offset) FROM tally.ids),
    (SELECT sum(votes) FROM tally.voters)"""
REMEMBERED = """SELECT count(id), sum(iif(id IS NULL, NULL, offset)), sum(iif(voter IS NULL, NULL, 1))
    FROM upto CROSS JOIN archive.votes USING (partition)
    WHERE offset >= start AND offset < position AND verdict = 'counted'"""
ROW_BY_ROW = (
    (NOT_KEPT, "The archive does not hold the log's record {} as it is."),
    (NOT_IN_LOG, "The log does not hold the archive's record {}."),
    (OUTSIDE, "The record {} was judged as if its candidate were in the catalogue."),
)
MISJUDGED_SAID = "The record {} has another verdict in the archive than the log's order gives it."
PART = 100_000  # records of a row-by-row question that one thread takes at once
GROUPED = 5000  # records grouped at once: sorting stays in the processor's cache, three times faster


@dataclass(frozen=True)
class Report:
    """What was compared, and the first difference of each kind: none when everything is the same."""

    positions: Mapping[int, int]
    verdicts: Mapping[str, int]
    differences: Sequence[str]


def verify(log: str, archive: str, tally: str, contest: Contest) -> Report:
    """Compares the stores of these `sqlite:///` URLs, which may be in use. Unavailable when one cannot be read."""
    with _opened({"tally": tally}) as connection:
        connection.execute("BEGIN")
        positions = dict(connection.execute("SELECT partition, position FROM tally.positions").fetchall())
        counts = dict(connection.execute("SELECT field, sum(number) FROM tally.counts GROUP BY field").fetchall())
        memory = connection.execute(MEMORY).fetchone()
    stores = _Stores({"log": log, "archive": archive}, positions, contest)
    with stores.pool() as pool:
        misjudged = pool.submit(stores.first, stores.misjudged(), stores.whole())
        counting, remembered = pool.submit(stores.recount), pool.submit(stores.first, REMEMBERED, stores.whole())
        asked = [(said, pool.submit(stores.first, ask, [part])) for ask, said in ROW_BY_ROW for part in stores.parts()]
        found = [(MISJUDGED_SAID, misjudged.result()), *((said, answer.result()) for said, answer in asked)]
        recount = counting.result()
    differences = [] if positions else ["The tally has no position: it is lost, or nothing was counted yet."]
    first = {said: place for said, place in reversed(found) if place}
    differences += [said.format(f"{place[0]}.{place[1]}") for said, place in reversed(first.items())]
    differences += _miscounted(recount, counts)
    if memory != remembered.result():
        differences.append("The tally remembers other ids or voters than the recount counted.")
    verdicts = {str(verdict): recount[f'["verdict","{verdict}"]'] for verdict in Verdict}
    return Report(positions, verdicts, differences)


@dataclass(frozen=True)
class _Stores:
    """Log and archive before the tally's positions, where nothing changes any more; each question in its own thread."""

    urls: Mapping[str, str]
    positions: Mapping[int, int]
    contest: Contest

    def pool(self) -> Executor:
        """Processes where there is much to do: in one process, SQLite's memory counter is a lock between threads."""
        if len(self.parts()) < 2:
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
        return MISJUDGED.format(UNLIMITED if self.contest.votes_per_voter is None else LIMITED)

    def first(self, statement: str, parts: Sequence[Part]) -> tuple[Any, ...] | None:
        """The first row of a statement's answer about these parts."""
        rules = {"open": self.contest.catalogue is None, "limit": self.contest.votes_per_voter}
        with self._connected(parts) as connection:
            used = {name: value for name, value in rules.items() if f":{name}" in statement}
            row: tuple[Any, ...] | None = connection.execute(statement, used).fetchone()
            return row

    def recount(self) -> Counter[str]:
        """What the tally's counts must be."""
        counts = Counter[str]()
        with self._connected([]) as connection:
            for partition, position in self.positions.items():
                for start in range(0, position, GROUPED):
                    window = (partition, start, min(start + GROUPED, position))
                    for group in connection.execute(GROUPS, window):
                        _add(counts, group)
        return counts

    @contextmanager
    def _connected(self, parts: Sequence[Part]) -> Iterator[sqlite3.Connection]:
        with _opened(self.urls) as connection:
            connection.execute(
                "CREATE TEMP TABLE upto (partition INTEGER PRIMARY KEY, start INTEGER, position INTEGER)"
            )
            connection.executemany("INSERT INTO upto VALUES (?, ?, ?)", parts)
            connection.execute("CREATE TEMP TABLE catalogue (name TEXT, album TEXT, PRIMARY KEY (name, album))")
            connection.executemany("INSERT INTO catalogue VALUES (?, ?)", sorted(self.contest.spellings))
            yield connection


@contextmanager
def _opened(urls: Mapping[str, str]) -> Iterator[sqlite3.Connection]:
    """A connection with these stores attached, to read only."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, uri=True)) as connection:
        for name, url in urls.items():
            try:
                connection.execute(f"ATTACH ? AS {name}", (f"{path_of(url).absolute().as_uri()}?mode=ro",))
                connection.execute(f"SELECT count(*) FROM {name}.sqlite_schema")
            except sqlite3.DatabaseError as error:
                raise Unavailable(f"{name} at {path_of(url)}") from error
        yield connection


def _miscounted(want: Mapping[str, int], have: Mapping[str, int]) -> Iterator[str]:
    for field in sorted(want.keys() | have.keys()):
        if want.get(field, 0) != have.get(field, 0):
            yield f"The tally has {have.get(field, 0)} for {field}, and the recount {want.get(field, 0)}."
            return


def _add(counts: Counter[str], group: Group) -> None:
    verdict, name, album, door, rank, minute, votes, ranks = group
    parts: list[tuple[tuple[object, ...], int]] = [(("verdict", verdict), votes)]
    if verdict == "counted":
        candidate = name, album
        parts += [(("door", door), votes), (("votes", *candidate), votes), (("sum", *candidate), ranks)]
        parts += [(("rank", *candidate, rank), votes), (("minute", *candidate, minute), votes)]
    for field, number in parts:
        counts[json.dumps(field, ensure_ascii=False, separators=(",", ":"))] += number
