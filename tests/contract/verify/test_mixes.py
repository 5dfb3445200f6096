"""`rockola verify` on mixes of stores: agrees with what was counted right, and names what was changed (F-49)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.verify.archives import Archive, Place
from contract.verify.counting import LIMITED, VOTES, Books, append_votes, count
from contract.verify.tallies import Tally
from rockola.verify import Only
from rockola.vote.contest import Contest

ALONE: tuple[Only, ...] = ("archive", "log")
NOT_KEPT, NOT_IN_LOG = "does not hold the log's record {}.{} as it is", "does not hold the archive's record {}.{}."
MISJUDGED = "The record {}.{} has another verdict"


def said(books: Books, only: Only | None = None, contest: Contest = LIMITED) -> str:
    """All differences."""
    return "\n".join(books.verified(contest, only).differences)


@pytest.mark.parametrize("only", [None, *ALONE])
def test_what_was_counted_right_is_the_same_everywhere(books: Books, only: Only | None) -> None:
    report = books.verified(LIMITED, only)
    assert report.compared == ([only] if only else ["log", "archive"])
    assert list(report.differences) == []
    assert sum(report.verdicts.values()) == len(VOTES) + 1


@pytest.mark.parametrize(
    ("verdict", "change", "sentence"),
    [
        ("counted", ("album", "Bell2"), NOT_KEPT),
        ("counted", ("rank", 11), NOT_KEPT),
        ("counted", ("year", 1998), NOT_KEPT),
        ("counted", ("voter", "f" * 32), NOT_KEPT),
        ("counted", ("door", "rust"), NOT_KEPT),
        ("counted", ("verdict", "duplicate"), MISJUDGED),
        ("duplicate", ("verdict", "counted"), MISJUDGED),
        ("unreadable", ("verdict", "counted"), NOT_KEPT),
    ],
)
def test_f49_a_document_that_was_changed_is_named(
    books: Books, archive: Archive, verdict: str, change: tuple[str, object], sentence: str
) -> None:
    place = archive.first(verdict)
    archive.change(place, *change)
    assert sentence.format(*place) in said(books)


def test_f49_a_document_that_was_removed_is_named(books: Books, archive: Archive) -> None:
    place = archive.first("counted")
    archive.delete(place)
    assert NOT_KEPT.format(*place) in said(books)


def test_f49_a_document_that_was_added_is_named(books: Books, archive: Archive) -> None:
    place = archive.insert(archive.first("counted"))
    assert NOT_IN_LOG.format(*place) in said(books)


TAMPER: dict[str, Callable[[Archive, Place], object]] = {
    "changed": lambda archive, place: archive.change(place, "album", "Añá"),
    "removed": lambda archive, place: archive.delete(place),
    "added": lambda archive, place: archive.insert(place),
}


@pytest.mark.parametrize("tamper", TAMPER.values(), ids=TAMPER)
def test_f49_an_archive_that_was_changed_is_found_without_the_log(
    books: Books, archive: Archive, tamper: Callable[[Archive, Place], object]
) -> None:
    tamper(archive, archive.first("counted"))
    assert "and the recount of the archive" in said(books, "archive")


@pytest.mark.parametrize("kind", ["votes", "sum", "rank", "minute", "door", "verdict"])
def test_f49_a_count_that_was_changed_is_named(books: Books, tally: Tally, kind: str) -> None:
    tally.add(kind)
    assert f'for ["{kind}","' in said(books)


@pytest.mark.parametrize("forgetting", ["forget_id", "raise_voter"])
def test_f49_a_memory_that_was_changed_is_found(books: Books, tally: Tally, forgetting: str) -> None:
    getattr(tally, forgetting)()
    assert "remembers other ids or voters" in said(books)


@pytest.mark.parametrize("only", ALONE)
def test_f49_a_tally_that_was_changed_differs_from_each_alone(books: Books, tally: Tally, only: Only) -> None:
    tally.add("votes")
    tally.forget_id()
    found = said(books, only)
    assert f"and the recount of the {only}" in found
    assert "remembers other ids or voters" in found


def test_f49_a_position_that_was_changed_is_found(books: Books, tally: Tally) -> None:
    tally.move(0, -1)
    assert "and the recount" in said(books)


@pytest.mark.parametrize("only", [None, "log"])
def test_a_log_that_ends_before_the_position_is_named(books: Books, tally: Tally, only: Only | None) -> None:
    tally.move(1, 3)
    assert "The log ends at 1." in said(books, only)


def test_a_partition_that_is_lost_is_named(books: Books, tally: Tally) -> None:
    tally.lose(1)
    assert "The tally has no position of the partition 1" in said(books)


@pytest.mark.parametrize("only", [None, "archive"])
def test_a_verdict_by_another_limit_is_found(books: Books, only: Only | None) -> None:
    other = Contest(catalogue=LIMITED.catalogue, votes_per_voter=1)
    assert "another verdict" in said(books, only, other)


def test_a_candidate_outside_the_catalogue_is_found(books: Books) -> None:
    other = Contest(catalogue={("x", "y"): ("X", "Y")}, votes_per_voter=LIMITED.votes_per_voter)
    assert "as if its candidate were in the catalogue" in said(books, contest=other)


def test_votes_that_came_after_the_position_are_left_out(books: Books) -> None:
    append_votes(books.log)
    assert said(books) == ""


def test_while_votes_are_counted_everything_is_the_same_at_every_moment(books: Books) -> None:
    append_votes(books.log, 500)
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(count, books, LIMITED)
        while not counting.done():
            assert said(books) == ""
        counting.result()
    assert sum(books.verified(LIMITED).verdicts.values()) > 500 * len(VOTES)
