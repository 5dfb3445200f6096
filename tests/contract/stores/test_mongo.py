"""The archive in MongoDB on a real server: its documents, and records that are kept again."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, PyMongoError

from building import AT, VOTER, counted, record, vote
from rockola.archive import Archive, Query, Unserved
from rockola.opening import open_archive
from rockola.vote.errors import Contradiction, Unavailable
from rockola.vote.model import Judged, Verdict

GENERATION = "abcdefghijklmnopqrstuv"


@pytest.fixture
def archive_url(mongo_url: str) -> str:
    """The suite's archive is the one in MongoDB."""
    return mongo_url


def test_a_document_says_what_was_voted(archive: Archive, database: Database[dict[str, object]]) -> None:
    archive.keep(1, [Judged(7, Verdict.DUPLICATE, record(vote("Ash", "id-of-ash", VOTER, 520)), duplicate_of=3)])
    assert database.votes.find_one() == {
        "_id": f"{GENERATION}.1.7",
        "partition": 1,
        "offset": 7,
        "name": "Bohemia Suburbana",
        "album": "Ash",
        "year": 1997,
        "rank": 520,
        "verdict": "duplicate",
        "duplicate_of": f"{GENERATION}.1.3",
        "door": "grpc",
        "received_at": datetime.fromtimestamp(AT / 1000, UTC),
        "id": "id-of-ash",
        "voter": VOTER,
    }


def test_what_a_vote_lacks_is_absent(archive: Archive, database: Database[dict[str, object]]) -> None:
    archive.keep(0, [counted(0)])
    assert not {"id", "voter", "duplicate_of", "raw"} & (database.votes.find_one() or {}).keys()


def test_an_unreadable_record_keeps_its_bytes(archive: Archive, database: Database[dict[str, object]]) -> None:
    archive.keep(0, [Judged(3, Verdict.UNREADABLE, None, raw=b"\xff\x00{")])
    place = {"_id": f"{GENERATION}.0.3", "partition": 0, "offset": 3}
    assert database.votes.find_one() == place | {"verdict": "unreadable", "raw": b"\xff\x00{"}


def test_what_a_crash_left_of_a_batch_is_completed(archive: Archive, mongo_url: str) -> None:
    batch = [counted(offset) for offset in range(9)]
    archive.keep(0, batch[2:8:3])
    with closing(open_archive(mongo_url)) as other:
        other.bind(GENERATION)
        other.keep(0, batch)
    assert [one for judged in archive.replay(0, 0, 9) for one in judged] == batch


def test_two_who_keep_the_same_records_keep_them_once(archive: Archive, mongo_url: str) -> None:
    with closing(open_archive(mongo_url)) as zombie:
        zombie.bind(GENERATION)
        for start in range(0, 40, 4):
            batch = [counted(offset) for offset in range(start, start + 4)]
            zombie.keep(0, batch[:3:2])
            archive.keep(0, batch)
    assert [one.offset for judged in archive.replay(0, 0, 99) for one in judged] == list(range(40))


def test_a_contradiction_names_the_place_also_when_nobody_looked_for_it(archive: Archive, mongo_url: str) -> None:
    archive.keep(0, [counted(0)])
    with closing(open_archive(mongo_url)) as zombie:
        zombie.bind(GENERATION)
        zombie.keep(0, [counted(1, vote("Bell"))])
    with pytest.raises(Contradiction, match=rf"under {GENERATION}\.0\.1\."):
        archive.keep(0, [counted(1, vote("Ash"))])


def test_an_insert_that_fails_otherwise_is_tried_again(archive: Archive, database: Database[dict[str, object]]) -> None:
    database.votes.create_index("id", unique=True, name="in_the_way")
    with pytest.raises(Unavailable) as caught:
        archive.keep(0, [counted(0, vote("Ash", "id-of-ash")), counted(1, vote("Bell", "id-of-ash"))])
    assert "in_the_way" in str(caught.value.__cause__)
    database.votes.drop_index("in_the_way")
    archive.keep(0, [counted(0, vote("Ash", "id-of-ash")), counted(1, vote("Bell", "id-of-ash"))])
    assert database.votes.count_documents({}) == 2


@pytest.mark.parametrize("codes", [[121], [11000, 121], [11000, 91], []])
def test_no_failure_is_taken_for_a_record_that_is_there(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, codes: list[int]
) -> None:
    failed = [
        {"index": 0, "code": code, "errmsg": f"code {code}", "op": {"_id": f"{GENERATION}.0.0"}} for code in codes
    ]
    late = [] if codes else [{"code": 64, "errmsg": "code 64"}]
    fails(monkeypatch, BulkWriteError({"writeErrors": failed, "writeConcernErrors": late}))
    with pytest.raises(Unavailable) as caught:
        archive.keep(0, [counted(0)])
    assert str(caught.value.__cause__) == f"code {codes[-1] if codes else 64}"


@pytest.mark.parametrize(
    "ask", [lambda archive, query: archive.page(query, None, 9), lambda archive, query: archive.summary(query)]
)
def test_a_filter_that_no_index_serves_is_refused_with_the_name_of_what_is_missing(
    archive: Archive, database: Database[dict[str, object]], ask: Callable[[Archive, Query], object]
) -> None:
    database.votes.drop_index("by_album")
    with pytest.raises(Unserved, match="the archive lacks the index by_album: "):
        ask(archive, Query({"album": "Ash"}))
    ask(archive, Query({"album": "Ash", "door": "grpc"}))


def test_a_tail_that_no_index_serves_is_refused(archive: Archive, database: Database[dict[str, object]]) -> None:
    database.votes.drop_index("by_place")
    with pytest.raises(Unserved, match="the archive lacks the index by_place: "):
        archive.between(0, 0, 9)


@pytest.mark.parametrize(("seconds", "told"), [(60.0, (1200, True)), (-1.0, (500, False))])
def test_a_summary_counts_what_comes_in_time(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, seconds: float, told: tuple[int, bool]
) -> None:
    monkeypatch.setattr("rockola.archive.mongo.COUNTING", seconds)
    archive.keep(0, [counted(offset, at=AT + offset) for offset in range(1200)])
    found = archive.summary(Query({}))
    assert (sum(found.groups.values()), found.exact) == told


def test_an_archive_that_was_never_written_to_has_an_empty_page(mongo_url: str) -> None:
    with closing(open_archive(mongo_url)) as archive:
        assert archive.page(Query({"album": "Ash"}), None, 9).documents == ()


def fails(monkeypatch: pytest.MonkeyPatch, error: PyMongoError) -> None:
    """PyMongo's insert ends like this: the server of the tests gives no other errors than taken keys."""

    def insert(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Collection, "insert_many", insert)
