"""`rockola verify` on SQLite files, by SQL and by the passes that every other mix takes: anything changed is named."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from contract.verify.archives import ask, change, path_of
from contract.verify.counting import LIMITED, OPEN, VOTES, Books, append_votes, count, fill
from rockola.verify import Report
from rockola.verify.passes import Passes
from rockola.verify.report import reported
from rockola.verify.sqlite import Archive, Log, read_tally
from rockola.vote.contest import Contest
from rockola.vote.errors import Unavailable

Compare = Callable[[Books, Contest], Report]


def by_passes(books: Books, contest: Contest) -> Report:
    """The recount that other mixes of stores get."""
    tallied = read_tally(books.tally)
    with closing(Log(books.log)) as log, closing(Archive(books.archive)) as archive:
        return reported(["log", "archive"], tallied, Passes(log, archive, contest).over(tallied.positions))


@pytest.fixture(params=[Books.verified, by_passes], ids=["sql", "passes"])
def compare(request: pytest.FixtureRequest) -> Compare:
    """A way to recount files."""
    way: Compare = request.param
    return way


@pytest.fixture(scope="module", params=[OPEN, LIMITED], ids=["open", "limited"])
def contest(request: pytest.FixtureRequest) -> Contest:
    """An open contest, and one with a catalogue and a limit."""
    contest: Contest = request.param
    return contest


@pytest.fixture(scope="module")
def counted(contest: Contest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files in which the votes were counted, and an unreadable record; the first vote is 0.2."""
    folder = tmp_path_factory.mktemp("counted")
    books = Books.files(folder)
    fill(books.log)
    count(books, contest)
    return folder


@pytest.fixture
def books(counted: Path, tmp_path: Path) -> Books:
    """A copy of them, to be changed."""
    shutil.copytree(counted, tmp_path, dirs_exist_ok=True)
    return Books.files(tmp_path)


def test_what_was_counted_right_is_the_same_everywhere(books: Books, contest: Contest, compare: Compare) -> None:
    report = compare(books, contest)
    assert list(report.differences) == []
    assert sum(report.verdicts.values()) == len(VOTES) + 1


FIRST = "(partition, offset) = (0, 2)"


CHANGES = [
    ("archive", f"UPDATE votes SET album = 'Bell2' WHERE {FIRST}", "does not hold the log's record 0.2 as it is"),
    ("archive", f"UPDATE votes SET rank = rank + 1 WHERE {FIRST}", "does not hold the log's record 0.2 as it is"),
    ("archive", f"UPDATE votes SET received_at = 1 WHERE {FIRST}", "does not hold the log's record 0.2 as it is"),
    ("archive", f"UPDATE votes SET voter = hex(voter) || 'f' WHERE {FIRST}", "0.2"),
    ("archive", f"DELETE FROM votes WHERE {FIRST}", "does not hold the log's record 0.2"),
    ("archive", f"UPDATE votes SET verdict = 'duplicate' WHERE {FIRST}", "record 0.2 has another verdict"),
    ("archive", "UPDATE votes SET duplicate_of = duplicate_of + 1 WHERE verdict = 'duplicate'", "another verdict"),
    ("archive", "UPDATE votes SET verdict = 'counted' WHERE verdict = 'duplicate'", "another verdict"),
    ("archive", "UPDATE votes SET verdict = 'counted' WHERE verdict = 'unreadable'", "does not hold the log's"),
    ("archive", "UPDATE votes SET raw = 'ff01' WHERE verdict = 'unreadable'", "does not hold the log's record"),
    ("archive", "UPDATE votes SET raw = 'no' WHERE verdict = 'unreadable'", "does not hold the log's record"),
    (
        "archive",
        "UPDATE votes SET verdict = 'unreadable', raw = '7b7d' WHERE verdict = 'duplicate'",
        "does not hold",
    ),
    ("log", "DELETE FROM records WHERE partition = 0 AND offset = 2", "does not hold the archive's record 0.2"),
    ("log", "DELETE FROM records WHERE partition = 1", "does not hold the archive's record 1.0"),
    ("log", "UPDATE records SET record = replace(record, '1997', '1998') WHERE offset = 2", "0.2"),
    ("tally", "UPDATE counts SET number = number + 1 WHERE field LIKE '[\"votes\"%'", "and the recount"),
    ("tally", "UPDATE counts SET number = number + 1 WHERE field LIKE '[\"minute\"%'", "and the recount"),
    ("tally", "DELETE FROM counts WHERE field LIKE '[\"sum\"%'", "and the recount"),
    ("tally", "DELETE FROM ids", "remembers other ids or voters"),
    ("tally", "UPDATE ids SET offset = offset + 1", "remembers other ids or voters"),
    ("tally", "UPDATE voters SET votes = votes + 1", "remembers other ids or voters"),
    ("tally", "UPDATE positions SET position = position - 1 WHERE partition = 0", "and the recount"),
    ("tally", "DELETE FROM positions", "has no position"),
]


@pytest.mark.parametrize("made", CHANGES)
def test_f49_anything_changed_is_found_and_named(
    books: Books, contest: Contest, compare: Compare, made: tuple[str, str, str]
) -> None:
    store, statement, said = made
    change(getattr(books, store), statement)
    assert said in "\n".join(compare(books, contest).differences)


def test_f49_a_document_that_was_added_is_found_and_named(books: Books, contest: Contest, compare: Compare) -> None:
    change(books.log, "DELETE FROM records WHERE partition = 1 AND offset = 1")
    assert "does not hold the archive's record 1.1" in "\n".join(compare(books, contest).differences)


def test_votes_counted_after_the_position_are_left_out(books: Books, contest: Contest, compare: Compare) -> None:
    append_votes(books.log)
    assert list(compare(books, contest).differences) == []


def test_a_verdict_by_another_limit_is_found(books: Books, contest: Contest, compare: Compare) -> None:
    other = Contest(catalogue=contest.catalogue, votes_per_voter=1)
    assert "another verdict" in "\n".join(compare(books, other).differences)


def test_a_candidate_outside_the_catalogue_is_found(books: Books, contest: Contest, compare: Compare) -> None:
    other = Contest(catalogue={("x", "y"): ("X", "Y")}, votes_per_voter=contest.votes_per_voter)
    assert "as if its candidate were in the catalogue" in "\n".join(compare(books, other).differences)


@pytest.mark.parametrize("store", ["log", "archive"])
def test_a_store_of_another_log_is_named(books: Books, contest: Contest, store: str) -> None:
    change(getattr(books, store), "UPDATE log SET generation = 'another'")
    assert "another" in "\n".join(books.verified(contest).differences)


@pytest.mark.parametrize("store", Books._fields)
def test_a_store_that_is_not_there_is_named(books: Books, contest: Contest, store: str) -> None:
    path_of(getattr(books, store)).unlink()
    with pytest.raises(Unavailable, match=store):
        books.verified(contest)


def test_a_store_that_is_left_out_need_not_be_there(books: Books, contest: Contest) -> None:
    path_of(books.log).unlink()
    assert list(books.verified(contest, "archive").differences) == []


def test_a_record_that_was_taken_for_unreadable_is_found_without_the_log(books: Books, contest: Contest) -> None:
    [(record,)] = ask(books.log, "SELECT hex(record) FROM records WHERE partition = 0 AND offset = 2")
    change(books.archive, f"UPDATE votes SET verdict = 'unreadable', raw = '{record}' WHERE {FIRST}")
    assert "The record 0.2 has another verdict" in "\n".join(books.verified(contest, "archive").differences)
