"""How SQLite reads a page: off an index, entered at the first row of the page and read in its order."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import combinations, product
from pathlib import Path

import pytest

from building import AT, counted, vote
from rockola.archive import Cursor, Query
from rockola.archive.embedded_pages import Statement, branch_statement, branches, page_statement, span_of
from rockola.opening import open_archive
from rockola.vote.model import Judged, Verdict

FILTERS = {"name": "Bohemia Suburbana", "album": "Ash", "door": "grpc", "verdict": "counted", "id": "id-of-ash"}
CHOICES = [dict(chosen) for number in range(6) for chosen in combinations(FILTERS.items(), number)]
STARTS = [None, Cursor(AT, 0, 1)]
BETWEEN = "(received_at,partition,offset)>(?,?,?) AND (received_at,partition,offset)<(?,?,?)"


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """An archive's file with a record of each kind."""
    folder: Path = tmp_path_factory.mktemp("plans")
    with closing(open_archive(f"sqlite:///{folder}/archive.db")) as archive:
        archive.bind("abcdefghijklmnopqrstuv")
        archive.keep(0, [counted(0, vote("Ash", "id-of-ash")), Judged(1, Verdict.UNREADABLE, None, raw=b"x")])
    with closing(sqlite3.connect(folder / "archive.db")) as opened:
        yield opened


def plan(connection: sqlite3.Connection, asked: Statement) -> list[str]:
    """What SQLite does for it."""
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked.text}", asked.values)]


@pytest.mark.parametrize(("equal", "start", "newer"), list(product(CHOICES, STARTS, (False, True))))
def test_every_branch_of_a_page_is_one_stretch_of_an_index(
    connection: sqlite3.Connection, equal: dict[str, str], start: Cursor | None, newer: bool
) -> None:
    query = Query(equal, AT - 1, AT + 9)
    chosen = branches(connection, query)
    plans = [plan(connection, branch_statement(one, span_of(query, start, newer), 51, newer)) for one in chosen]
    assert plans
    assert [found for found in plans if len(found) > 1 or BETWEEN not in found[0]] == []


@pytest.mark.parametrize("equal", CHOICES)
def test_a_page_looks_up_the_rows_that_it_shows(connection: sqlite3.Connection, equal: dict[str, str]) -> None:
    query = Query(equal)
    asked = page_statement(branches(connection, query), "*", span_of(query, None, False), 51, False)
    steps = plan(connection, asked)
    assert "SEARCH votes USING PRIMARY KEY (partition=? AND offset=?)" in steps
    assert [step for step in steps if step.startswith("SCAN votes")] == []


def test_an_archive_whose_summary_is_missing_makes_it_when_it_is_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/archive.db"
    with closing(open_archive(url)) as archive:
        archive.bind("abcdefghijklmnopqrstuv")
        archive.keep(0, [counted(0), counted(1)])
    with closing(sqlite3.connect(tmp_path / "archive.db")) as connection:
        connection.executescript("DROP TABLE summary; DROP TRIGGER votes_summary; DROP INDEX votes_by_verdict")
    with closing(open_archive(url)) as archive:
        assert sum(archive.summary(Query({})).groups.values()) == 2
        archive.keep(0, [counted(2)])
        assert sum(archive.summary(Query({})).groups.values()) == 3
