"""What every archive promises."""

import pytest

from building import AT, VOTER, counted, record, vote
from rockola.archive import Archive, Query
from rockola.opening import open_archive
from rockola.vote.errors import Contradiction, WrongLog
from rockola.vote.model import Judged, Place, Verdict

GENERATION = "abcdefghijklmnopqrstuv"
ANY = Query({})
DUPLICATE = Judged(2, Verdict.DUPLICATE, record(vote("Ash", "id-of-ash")), duplicate_of=0)
UNREADABLE = Judged(3, Verdict.UNREADABLE, None, raw=b"\xff\x00{")
ALL = [counted(0, vote("Ash", "id-of-ash"), AT), counted(1, vote("Bell", voter=VOTER), AT + 1), DUPLICATE, UNREADABLE]


def offsets(archive: Archive, query: Query = ANY) -> list[int]:
    return [document.place.offset for document in archive.page(query, None, 100).documents]


def test_every_record_is_kept_under_its_place_with_its_verdict(archive: Archive) -> None:
    archive.keep(1, ALL)
    kept = [archive.get(Place(GENERATION, 1, offset)) for offset in range(4)]
    assert [document and document.verdict for document in kept] == ["counted", "counted", "duplicate", "unreadable"]


def test_a_document_shows_the_vote_as_it_was(archive: Archive) -> None:
    archive.keep(0, [counted(5, vote("Ash", "id-of-ash", VOTER, 520), AT)])
    document = archive.get(Place(GENERATION, 0, 5))
    shown = ("counted", "Bohemia Suburbana", "Ash", 1997, 520, "id-of-ash", VOTER, "grpc", AT, None)
    assert document == (Place(GENERATION, 0, 5), *shown)


def test_a_duplicate_names_the_place_that_was_counted(archive: Archive) -> None:
    archive.keep(1, ALL)
    document = archive.get(Place(GENERATION, 1, 2))
    assert document
    assert document.duplicate_of == Place(GENERATION, 1, 0)


def test_keeping_again_keeps_once(archive: Archive) -> None:
    archive.keep(0, ALL[:2])
    archive.keep(0, ALL)
    assert sorted(offsets(archive)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "other",
    [
        counted(0, vote("Bell", "id-of-ash"), AT),
        Judged(0, Verdict.OVER_LIMIT, record(vote("Ash", "id-of-ash"))),
        counted(0, vote("Ash", "id-of-ash"), AT + 1),
        Judged(0, Verdict.UNREADABLE, None, raw=b"\xff"),
    ],
)
def test_something_else_under_a_kept_place_is_a_contradiction_and_changes_nothing(
    archive: Archive, other: Judged
) -> None:
    archive.keep(0, ALL)
    with pytest.raises(Contradiction):
        archive.keep(0, [other, counted(9)])
    assert sorted(offsets(archive)) == [0, 1, 2, 3]


def test_keeping_nothing_keeps_nothing(archive: Archive) -> None:
    archive.keep(0, [])
    assert offsets(archive) == []


def test_raw_bytes_of_unreadable_records_are_compared(archive: Archive) -> None:
    archive.keep(0, [UNREADABLE])
    with pytest.raises(Contradiction):
        archive.keep(0, [Judged(3, Verdict.UNREADABLE, None, raw=b"\xff\x00[")])


def test_partitions_do_not_meet(archive: Archive) -> None:
    archive.keep(0, ALL[:1])
    archive.keep(1, [counted(0, vote("Bell"))])
    assert len(offsets(archive)) == 2


def test_a_checkpoint_never_goes_back(archive: Archive) -> None:
    for position in (5, 3):
        archive.checkpoint(0, position)
    assert archive.checkpoints() == {0: 5}


def test_a_vote_of_the_first_instant_of_1970_shows_no_time_and_replays_as_it_was(archive: Archive) -> None:
    archive.keep(0, [counted(0, at=0)])
    document = archive.get(Place(GENERATION, 0, 0))
    assert document
    assert document.received_at is None
    assert [list(batch) for batch in archive.replay(0, 0, 1)] == [[counted(0, at=0)]]


def test_a_replay_gives_what_was_kept_in_order_but_for_raw_bytes(archive: Archive) -> None:
    archive.keep(0, ALL[::-1])
    replayed = [one for batch in archive.replay(0, 0, 4) for one in batch]
    assert replayed == [*ALL[:3], Judged(3, Verdict.UNREADABLE, None)]


def test_a_replay_ends_before_its_end(archive: Archive) -> None:
    archive.keep(0, ALL)
    assert [one.offset for batch in archive.replay(0, 1, 3) for one in batch] == [1, 2]


def test_a_long_replay_comes_in_batches_without_gap(archive: Archive) -> None:
    for start in range(0, 24_000, 1000):
        archive.keep(0, [counted(offset) for offset in range(start, start + 1000, 2)])
    batches = list(archive.replay(0, 0, 24_000))
    assert len(batches) > 1
    assert [one.offset for batch in batches for one in batch] == list(range(0, 24_000, 2))


def test_pages_are_newest_first_and_follow_each_other(archive: Archive) -> None:
    archive.keep(0, [counted(offset, at=AT + offset // 3) for offset in range(10)])
    first = archive.page(ANY, None, 4)
    second = archive.page(ANY, first.next, 4)
    third = archive.page(ANY, second.next, 4)
    seen = [d.place.offset for page in (first, second, third) for d in page.documents]
    assert (seen, third.next) == (list(range(9, -1, -1)), None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query({"album": "Ash"}), [0, 2]),
        (Query({"name": "Bohemia Suburbana"}), [0, 1, 2]),
        (Query({"name": "Bohemia Suburbana", "album": "Bell"}), [1]),
        (Query({"verdict": "unreadable"}), [3]),
        (Query({"door": "rust"}), []),
        (Query({"id": "id-of-ash"}), [0, 2]),
        (Query({}, since=AT + 1), [1]),
        (Query({}, until=AT + 1), [0, 2, 3]),
        (Query({"album": "' OR 1=1 --"}), []),
    ],
)
def test_filters_all_hold(archive: Archive, query: Query, found: list[int]) -> None:
    archive.keep(0, ALL)
    assert sorted(offsets(archive, query)) == found


def test_a_place_of_another_log_is_not_found(archive: Archive) -> None:
    archive.keep(0, ALL)
    assert archive.get(Place("another-log-0123456789", 0, 0)) is None


def test_it_names_its_log(archive: Archive, archive_url: str) -> None:
    other = open_archive(archive_url)
    assert (archive.generation(), other.generation()) == (GENERATION, GENERATION)
    other.close()


def test_another_log_is_refused(archive: Archive) -> None:
    with pytest.raises(WrongLog):
        archive.bind("another-log-0123456789")


def test_what_was_kept_is_there_for_whoever_opens_it_next(archive: Archive, archive_url: str) -> None:
    archive.keep(0, ALL)
    other = open_archive(archive_url)
    assert offsets(other) == offsets(archive)
    other.close()
