"""`verify` agrees with what was counted right, and names the first place of anything that was changed (F-49)."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from building import VOTER, keyed, vote
from rockola.consumer import Consumer
from rockola.opening import open_archive, open_log_reader, open_log_writer, open_tally
from rockola.verify import Report, verify
from rockola.vote.contest import Contest
from rockola.vote.errors import Unavailable

CATALOGUE = {("bohemia suburbana", album.casefold()): ("Bohemia Suburbana", album) for album in ("Ash", "Bell", "Añá")}
LIMITED = Contest(catalogue=CATALOGUE, votes_per_voter=2)
VOTES = [
    vote("Ash", "id-number-0"),
    vote("Bell", "id-number-1", VOTER),
    vote("Ash", "id-number-0"),
    vote("Bell", "", VOTER),
    vote('Quo"te \\ 😀', "id-number-4"),
    vote("Añá", "id-number-5", VOTER),
    vote("Bell", "id-number-5", VOTER),
    vote("Bell", "id-number-1", VOTER),
    vote("Bell", "id-number-1"),
    vote("Ash", rank=0),
    vote("Ash", rank=1000),
    vote("Ash", rank=5),
]


def url(folder: Path, store: str) -> str:
    return f"sqlite:///{folder}/{store}.db"


async def append(folder: Path) -> None:
    writer = await open_log_writer(url(folder, "log") + "?partitions=2")
    await writer.append([keyed(one) for one in VOTES])
    await writer.close()


def count(folder: Path, contest: Contest) -> None:
    reader, archive, tally = (
        open_log_reader(url(folder, "log")),
        open_archive(url(folder, "archive")),
        open_tally(url(folder, "tally")),
    )
    consumer = Consumer(reader, archive, tally, contest, 100)
    for _ in range(4):
        for partition in range(2):
            list(consumer.step(partition, []))
    for store in (reader, archive, tally):
        store.close()


@pytest.fixture(params=[Contest(), LIMITED], ids=["open", "limited"])
def contest(request: pytest.FixtureRequest) -> Contest:
    """An open contest, and one with a catalogue and a limit."""
    contest: Contest = request.param
    return contest


@pytest.fixture
def folder(tmp_path: Path, contest: Contest) -> Path:
    """Stores in which the votes were counted, and an unreadable record."""
    asyncio.run(append(tmp_path))
    change(tmp_path, "log", "INSERT INTO records SELECT 0, max(offset) + 1, x'ff00' FROM records WHERE partition = 0")
    count(tmp_path, contest)
    return tmp_path


def change(folder: Path, store: str, statement: str) -> None:
    with closing(sqlite3.connect(folder / f"{store}.db", isolation_level=None)) as connection:
        assert connection.execute(statement).rowcount != 0


def compared(folder: Path, contest: Contest) -> Report:
    return verify(url(folder, "log"), url(folder, "archive"), url(folder, "tally"), contest)


def test_what_was_counted_right_is_the_same_everywhere(folder: Path, contest: Contest) -> None:
    report = compared(folder, contest)
    assert list(report.differences) == []
    assert sum(report.verdicts.values()) == len(VOTES) + 1 == sum(report.positions.values())


FIRST = "(partition, offset) = (SELECT partition, min(offset) FROM votes WHERE verdict = 'counted' GROUP BY 1 LIMIT 1)"


@pytest.mark.parametrize(
    ("store", "statement", "said"),
    [
        ("archive", f"UPDATE votes SET album = 'Bell2' WHERE {FIRST}", "does not hold the log's record 0.0 as it is"),
        ("archive", f"UPDATE votes SET rank = rank + 1 WHERE {FIRST}", "does not hold the log's record 0.0 as it is"),
        ("archive", f"UPDATE votes SET received_at = 1 WHERE {FIRST}", "does not hold the log's record 0.0 as it is"),
        ("archive", f"UPDATE votes SET voter = hex(voter) || 'f' WHERE {FIRST}", "0.0"),
        ("archive", f"DELETE FROM votes WHERE {FIRST}", "does not hold the log's record 0.0"),
        ("archive", f"UPDATE votes SET verdict = 'duplicate' WHERE {FIRST}", "record 0.0 has another verdict"),
        ("archive", "UPDATE votes SET duplicate_of = duplicate_of + 1 WHERE verdict = 'duplicate'", "another verdict"),
        ("archive", "UPDATE votes SET verdict = 'counted' WHERE verdict = 'duplicate'", "another verdict"),
        ("archive", "UPDATE votes SET raw = 'ff01' WHERE verdict = 'unreadable'", "does not hold the log's record"),
        (
            "archive",
            "UPDATE votes SET verdict = 'unreadable', raw = '7b7d' WHERE verdict = 'duplicate'",
            "does not hold",
        ),
        ("log", "DELETE FROM records WHERE partition = 0 AND offset = 0", "does not hold the archive's record 0.0"),
        ("log", "UPDATE records SET record = replace(record, '1997', '1998') WHERE offset = 0", "0.0"),
        ("tally", "UPDATE counts SET number = number + 1 WHERE field LIKE '[\"votes\"%'", "and the recount"),
        ("tally", "UPDATE counts SET number = number + 1 WHERE field LIKE '[\"minute\"%'", "and the recount"),
        ("tally", "DELETE FROM counts WHERE field LIKE '[\"sum\"%'", "and the recount"),
        ("tally", "DELETE FROM ids", "remembers other ids or voters"),
        ("tally", "UPDATE ids SET offset = offset + 1", "remembers other ids or voters"),
        ("tally", "UPDATE voters SET votes = votes + 1", "remembers other ids or voters"),
        ("tally", "UPDATE positions SET position = position - 1 WHERE partition = 0", "and the recount"),
        ("tally", "DELETE FROM positions", "has no position"),
    ],
)
def test_f49_anything_changed_is_found_and_named(
    folder: Path, contest: Contest, store: str, statement: str, said: str
) -> None:
    change(folder, store, statement)
    assert said in "\n".join(compared(folder, contest).differences)


def test_f49_a_document_that_was_added_is_found_and_named(folder: Path, contest: Contest) -> None:
    change(folder, "log", "DELETE FROM records WHERE partition = 1 AND offset = 1")
    assert "does not hold the archive's record 1.1" in "\n".join(compared(folder, contest).differences)


def test_votes_counted_after_the_position_are_left_out(folder: Path, contest: Contest) -> None:
    asyncio.run(append(folder))
    assert list(compared(folder, contest).differences) == []


def test_a_verdict_by_another_limit_is_found(folder: Path, contest: Contest) -> None:
    other = Contest(catalogue=contest.catalogue, votes_per_voter=1)
    assert "another verdict" in "\n".join(compared(folder, other).differences)


def test_a_candidate_outside_the_catalogue_is_found(folder: Path, contest: Contest) -> None:
    other = Contest("", {("x", "y"): ("X", "Y")}, contest.votes_per_voter)
    assert "as if its candidate were in the catalogue" in "\n".join(compared(folder, other).differences)


def test_a_store_that_is_not_there_is_named(folder: Path, contest: Contest) -> None:
    (folder / "archive.db").unlink()
    with pytest.raises(Unavailable, match="archive"):
        compared(folder, contest)
