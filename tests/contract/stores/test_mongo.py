"""The archive in MongoDB on a real server: its documents, its indexes, its URL, and whom it refuses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure
from structlog.testing import capture_logs

from building import AT, VOTER, counted, record, vote
from rockola.archive import Archive
from rockola.archive.mongo_queries import INDEXES
from rockola.findings import Grade
from rockola.opening import examine_archive, open_archive
from rockola.urls import WrongUrl
from rockola.vote.errors import Contradiction, Unavailable, Unfit, WrongLog
from rockola.vote.model import Judged, Verdict
from services import Services

LOG, OTHER = "abcdefghijklmnopqrstuv", "another-log-0123456789"
ORIGINAL = {"Data": {"Name": "Ash", "Album": "Bell", "Year": "1997", "Rank": "9.5"}, "CreationDate": datetime.now(UTC)}


@pytest.fixture
def url(services: Services) -> str:
    """A database of this test's own."""
    return f"{services['mongo']}/test-{uuid4().hex}"


@pytest.fixture
def database(url: str) -> Iterator[Database[dict[str, object]]]:
    """The same as anybody else sees it."""
    with MongoClient[dict[str, object]](url, tz_aware=True) as client:
        yield client.get_default_database()
        client.drop_database(client.get_default_database())


@pytest.fixture
def archive(url: str) -> Iterator[Archive]:
    with closing(open_archive(url)) as opened:
        opened.bind(LOG)
        yield opened


def findings(url: str) -> dict[str, tuple[str, Grade]]:
    return {one.setting: (one.found, one.grade) for one in examine_archive(url)}


def test_a_document_says_what_was_voted(archive: Archive, database: Database[dict[str, object]]) -> None:
    archive.keep(1, [Judged(7, Verdict.DUPLICATE, record(vote("Ash", "id-of-ash", VOTER, 520)), duplicate_of=3)])
    assert database.votes.find_one() == {
        "_id": f"{LOG}.1.7",
        "partition": 1,
        "offset": 7,
        "name": "Bohemia Suburbana",
        "album": "Ash",
        "year": 1997,
        "rank": 520,
        "verdict": "duplicate",
        "duplicate_of": f"{LOG}.1.3",
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
    place = {"_id": f"{LOG}.0.3", "partition": 0, "offset": 3}
    assert database.votes.find_one() == place | {"verdict": "unreadable", "raw": b"\xff\x00{"}


def test_what_a_crash_left_of_a_batch_is_completed(archive: Archive, url: str) -> None:
    batch = [counted(offset) for offset in range(9)]
    archive.keep(0, batch[2:8:3])
    with closing(open_archive(url)) as other:
        other.bind(LOG)
        other.keep(0, batch)
    assert [one for judged in archive.replay(0, 0, 9) for one in judged] == batch


def test_two_who_keep_the_same_records_keep_them_once(archive: Archive, url: str) -> None:
    with closing(open_archive(url)) as zombie:
        zombie.bind(LOG)
        for start in range(0, 40, 4):
            batch = [counted(offset) for offset in range(start, start + 4)]
            zombie.keep(0, batch)
            archive.keep(0, batch)
    assert [one.offset for judged in archive.replay(0, 0, 99) for one in judged] == list(range(40))


def test_a_contradiction_names_the_place_also_when_nobody_looked_for_it(archive: Archive, url: str) -> None:
    archive.keep(0, [counted(0)])
    with closing(open_archive(url)) as zombie:
        zombie.bind(LOG)
        zombie.keep(0, [counted(1, vote("Bell"))])
    with pytest.raises(Contradiction, match=rf"under {LOG}\.0\.1\."):
        archive.keep(0, [counted(1, vote("Ash"))])


def test_an_insert_that_fails_otherwise_is_tried_again(archive: Archive, database: Database[dict[str, object]]) -> None:
    database.votes.create_index("id", unique=True, name="in_the_way")
    with pytest.raises(Unavailable) as caught:
        archive.keep(0, [counted(0, vote("Ash", "id-of-ash")), counted(1, vote("Bell", "id-of-ash"))])
    assert "in_the_way" in str(caught.value.__cause__)
    database.votes.drop_index("in_the_way")
    archive.keep(0, [counted(0, vote("Ash", "id-of-ash")), counted(1, vote("Bell", "id-of-ash"))])
    assert database.votes.count_documents({}) == 2


def test_the_indexes_are_those_of_the_table(archive: Archive, database: Database[dict[str, object]]) -> None:
    there = {name: list(index["key"]) for name, index in database.votes.index_information().items()}
    assert there == {"_id_": [("_id", 1)]} | {index.name: list(index.keys) for index in INDEXES}


def test_an_index_that_is_missing_is_told_and_made_at_the_next_start(
    archive: Archive, url: str, database: Database[dict[str, object]]
) -> None:
    archive.keep(0, [counted(0)])
    database.votes.drop_index("by_time")
    assert findings(url)["indexes"] == ("by_time missing", Grade.RISKY)
    archive.bind(LOG)
    assert findings(url)["indexes"] == ("all there", Grade.GOOD)


def test_a_user_who_may_make_no_index_is_told_and_not_stopped(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OperationFailure("not authorized", 13)

    monkeypatch.setattr(Collection, "create_indexes", refuse)  # the server of the tests has no users
    with closing(open_archive(url)) as archive, capture_logs() as said:
        archive.bind(LOG)
    assert [(line["event"], line["setting"]) for line in said] == [("risky", "indexes")]


def test_binding_again_changes_nothing(archive: Archive) -> None:
    archive.checkpoint(0, 5)
    archive.bind(LOG)
    assert (archive.generation(), archive.checkpointed(0)) == (LOG, 5)


def test_of_two_logs_at_once_one_is_bound(url: str) -> None:
    def bind(generation: str) -> str:
        with closing(open_archive(url)) as archive:
            try:
                archive.bind(generation)
            except WrongLog:
                return ""
            return generation

    with ThreadPoolExecutor() as threads:
        bound = list(threads.map(bind, [LOG, OTHER] * 4))
    with closing(open_archive(url)) as archive:
        assert set(bound) == {"", archive.generation()}


def test_checkpoints_of_many_at_once_end_at_the_highest(archive: Archive) -> None:
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda position: archive.checkpoint(position % 2, position), range(100)))
    assert (archive.checkpointed(0), archive.checkpointed(1)) == (98, 99)


def test_records_of_another_log_are_refused_though_nothing_says_whose_they_are(
    archive: Archive, database: Database[dict[str, object]]
) -> None:
    archive.keep(0, [counted(0)])
    database["votes.log"].drop()
    with pytest.raises(WrongLog, match=f"keeps the log {LOG}, and the log is {OTHER}"):
        archive.bind(OTHER)


def test_an_archive_that_is_removed_while_it_is_written_stops_the_writer(
    archive: Archive, database: Database[dict[str, object]]
) -> None:
    database.client.drop_database(database)
    archive.keep(0, [counted(0)])
    with pytest.raises(WrongLog, match="removed or replaced"):
        archive.checkpoint(0, 1)


def test_the_original_systems_collection_is_refused_and_another_beside_it_is_not(
    url: str, database: Database[dict[str, object]]
) -> None:
    database.votes.insert_one(dict(ORIGINAL))
    with pytest.raises(Unfit, match=r"foreign document is [0-9a-f]{24}\. .*\?collection="):
        open_archive(url)
    assert findings(f"{url}?collection=rockola")["foreign document"] == ("none", Grade.GOOD)


@pytest.mark.parametrize("foreign", [0, "", "zebra", f"{LOG[:-1]}a.0.1", f"{OTHER}.0.1", b"", True])
def test_whatever_another_program_wrote_between_our_own_is_found(
    archive: Archive, url: str, database: Database[dict[str, object]], foreign: object
) -> None:
    archive.keep(0, [counted(0)])
    assert findings(url)["foreign document"] == ("none", Grade.GOOD)
    database.votes.insert_one({"_id": foreign})
    assert findings(url)["foreign document"] == (str(foreign), Grade.BROKEN)


@pytest.mark.parametrize(
    ("option", "setting"),
    [("w=1", "w"), ("journal=false", "journal"), ("readConcernLevel=local", "readConcernLevel")],
)
def test_a_weaker_promise_is_refused(url: str, option: str, setting: str) -> None:
    with pytest.raises(Unfit, match=rf": {setting} is \w+\. Leave {setting} out of the URL\."):
        open_archive(f"{url}?{option}")


def test_reading_from_a_copy_is_refused(url: str) -> None:
    assert findings(f"{url}?readPreference=secondary")["readPreference"] == ("secondary", Grade.BROKEN)


def test_a_server_that_stands_alone_is_risky_and_said_at_a_start(url: str) -> None:
    with capture_logs() as said:
        open_archive(url).close()
    assert [(line["event"], line["setting"], line["found"]) for line in said] == [("risky", "copies", "1")]


def test_the_promise_may_be_spelled_out(url: str) -> None:
    open_archive(f"{url}?w=majority&journal=true&retryWrites=true&collection=ballots").close()


@pytest.mark.parametrize(
    "wrong",
    [
        "?colection=votes",
        "?w=majority&maxPoolSize=many",
        "?collection=",
        "?collection=a$b",
        "?directConnection=perhaps",
    ],
)
def test_an_option_that_nobody_knows_is_refused(url: str, wrong: str) -> None:
    with pytest.raises(WrongUrl, match="option"):
        open_archive(url + wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        "mongodb://me:hush/hush@127.0.0.1:1/votes",
        "mongodb://me:hush@hush@127.0.0.1:1/votes",
        "mongodb://me:hush%hush@127.0.0.1:1/votes",
        "mongodb://me:hush@127.0.0.1:1/votes?authMechanismProperties=hush",
        "mongodb://me:hush@127.0.0.1:1/votes?timeoutMS=50",
    ],
)
def test_no_message_holds_a_password(wrong: str) -> None:
    with pytest.raises((WrongUrl, Unavailable, Unfit)) as caught:
        open_archive(wrong)
    assert "hush" not in f"{caught.value} {caught.value.__cause__}"
