"""Recounts the log and the archive by SQL of its own, and compares with the tally at the tally's positions.

Nothing of the consumer is used: what it got wrong would be got wrong here again.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from rockola.embedded import path_of
from rockola.vote.contest import Contest
from rockola.vote.errors import Unavailable
from rockola.vote.model import Verdict

Group = tuple[Any, ...]

# The archive's row, spelled as the record it must have been in the log, to the byte.
SPELLED = """'{"name":' || json_quote(name) || ',"album":' || json_quote(album) || ',"year":' || year
    || ',"rank":' || rtrim(rtrim(printf('%.2f', rank / 100.0), '0'), '.')
    || iif(id IS NULL, '', ',"id":' || json_quote(id)) || iif(voter IS NULL, '', ',"voter":' || json_quote(voter))
    || ',"door":' || json_quote(door) || ',"at":' || received_at || '}'"""
READABLE = """CASE WHEN typeof(record) <> 'text' OR NOT json_valid(record) THEN false ELSE
    json_type(record, '$.name') IS 'text' AND json_type(record, '$.album') IS 'text'
    AND json_type(record, '$.at') IS 'integer' AND json_type(record, '$.year') IS 'integer'
    AND record ->> 'door' IN ('grpc', 'rust') AND record ->> 'year' BETWEEN 1900 AND 2100
    AND record ->> 'rank' BETWEEN 0 AND 10 END"""
NOT_KEPT = f"""SELECT partition, offset FROM log.records JOIN upto USING (partition)
    LEFT JOIN archive.votes v USING (partition, offset)
    WHERE records.offset < position AND CASE verdict WHEN 'unreadable'
        THEN hex(record) IS NOT upper(raw) OR {READABLE}
        ELSE {SPELLED} IS NOT CAST(record AS TEXT) END
    ORDER BY partition, offset LIMIT 1"""
NOT_IN_LOG = """SELECT partition, offset FROM archive.votes JOIN upto USING (partition)
    LEFT JOIN log.records USING (partition, offset)
    WHERE offset < position AND record IS NULL ORDER BY partition, offset LIMIT 1"""
# The first record of an id speaks for its repeats; without an id a record speaks for itself.
FIRSTS = """SELECT partition, offset, voter, id, verdict, duplicate_of,
        iif(id IS NULL, offset, min(offset) OVER (PARTITION BY partition, voter, id)) AS first
    FROM archive.votes JOIN upto USING (partition)
    WHERE offset < position AND verdict <> 'unreadable'
        AND (:open OR (name, album) IN (SELECT name, album FROM catalogue))"""
UNLIMITED = f"SELECT *, 0 AS nth FROM ({FIRSTS})"
# A voter's firsts are numbered in order: as many count as the limit allows.
LIMITED = f"""SELECT *, first_value(number) OVER (PARTITION BY partition, voter, coalesce(id, offset) ORDER BY offset)
        AS nth FROM (SELECT *, iif(voter IS NULL, 0,
            sum(offset = first) OVER (PARTITION BY partition, voter ORDER BY offset)) AS number FROM ({FIRSTS}))"""
MISJUDGED = """SELECT partition, offset FROM (SELECT *, CASE WHEN nth > :limit THEN 'over_limit'
        WHEN offset > first THEN 'duplicate' ELSE 'counted' END AS want FROM ({}))
    WHERE verdict IS NOT want OR duplicate_of IS NOT iif(want = 'duplicate', first, NULL)
    ORDER BY partition, offset LIMIT 1"""
OUTSIDE = """SELECT partition, offset FROM archive.votes JOIN upto USING (partition)
    WHERE offset < position AND verdict NOT IN ('unreadable', 'not_in_catalogue')
        AND NOT (:open OR (name, album) IN (SELECT name, album FROM catalogue))
    ORDER BY partition, offset LIMIT 1"""
GROUPS = """SELECT verdict, name, album, door, rank / 100, received_at / 60000, count(*), sum(rank) FROM archive.votes
    WHERE partition = ? AND offset >= ? AND offset < ? GROUP BY 1, 2, 3, 4, 5, 6"""
MEMORY = """SELECT (SELECT count(*) FROM tally.ids), (SELECT sum(offset) FROM tally.ids),
    (SELECT sum(votes) FROM tally.voters)"""
REMEMBERED = """SELECT count(id), sum(iif(id IS NULL, NULL, offset)), sum(iif(voter IS NULL, NULL, 1))
    FROM archive.votes JOIN upto USING (partition) WHERE offset < position AND verdict = 'counted'"""
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
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # SQLite works without the interpreter's lock
        remembered = pool.submit(stores.first, REMEMBERED)
        asked = [(sentence, pool.submit(stores.first, statement)) for statement, sentence in stores.questions()]
        recount = pool.submit(stores.recount).result()
        found = [(sentence, answer.result()) for sentence, answer in asked]
    differences = [] if positions else ["The tally has no position: it is lost, or nothing was counted yet."]
    differences += [sentence.format(f"{place[0]}.{place[1]}") for sentence, place in found if place]
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

    def questions(self) -> Sequence[tuple[str, str]]:
        """Statements that find the first place where something is wrong, and what is wrong there."""
        misjudged = MISJUDGED.format(UNLIMITED if self.contest.votes_per_voter is None else LIMITED)
        return (
            (misjudged, "The record {} has another verdict in the archive than the log's order gives it."),
            (NOT_KEPT, "The archive does not hold the log's record {} as it is."),
            (NOT_IN_LOG, "The log does not hold the archive's record {}."),
            (OUTSIDE, "The record {} was judged as if its candidate were in the catalogue."),
        )

    def first(self, statement: str) -> tuple[Any, ...] | None:
        """The first row of a statement's answer."""
        rules = {"open": self.contest.catalogue is None, "limit": self.contest.votes_per_voter}
        with self._connected() as connection:
            used = {name: value for name, value in rules.items() if f":{name}" in statement}
            row: tuple[Any, ...] | None = connection.execute(statement, used).fetchone()
            return row

    def recount(self) -> Counter[str]:
        """What the tally's counts must be."""
        counts = Counter[str]()
        with self._connected() as connection:
            for partition, position in self.positions.items():
                for start in range(0, position, GROUPED):
                    window = (partition, start, min(start + GROUPED, position))
                    for group in connection.execute(GROUPS, window):
                        _add(counts, group)
        return counts

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with _opened(self.urls) as connection:
            connection.execute("CREATE TEMP TABLE upto (partition INTEGER PRIMARY KEY, position INTEGER)")
            connection.executemany("INSERT INTO upto VALUES (?, ?)", self.positions.items())
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
