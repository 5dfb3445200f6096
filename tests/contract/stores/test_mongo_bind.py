"""The archive in MongoDB belongs to one log: who binds it, its checkpoints, its indexes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure
from structlog.testing import capture_logs

from building import counted
from rockola.archive import Archive
from rockola.archive.mongo_queries import INDEXES
from rockola.findings import Grade
from rockola.opening import examine, open_archive
from rockola.vote.errors import WrongLog

GENERATION, OTHER = "abcdefghijklmnopqrstuv", "another-log-0123456789"


@pytest.fixture
def archive_url(mongo_url: str) -> str:
    """The suite's archive is the one in MongoDB."""
    return mongo_url


def indexes(url: str) -> tuple[str, Grade]:
    """What is found of them."""
    return next((one.found, one.grade) for one in examine("archive", url) if one.setting == "indexes")


def test_the_indexes_are_those_of_the_table(archive: Archive, database: Database[dict[str, object]]) -> None:
    there = {name: list(index["key"]) for name, index in database.votes.index_information().items()}
    assert there == {"_id_": [("_id", 1)]} | {index.name: list(index.keys) for index in INDEXES}


def test_an_index_that_is_missing_is_told_and_made_at_the_next_start(
    archive: Archive, mongo_url: str, database: Database[dict[str, object]]
) -> None:
    archive.keep(0, [counted(0)])
    database.votes.drop_index("by_time")
    assert indexes(mongo_url) == ("by_time missing", Grade.RISKY)
    archive.bind(GENERATION)
    assert indexes(mongo_url) == ("all there", Grade.GOOD)


def test_a_user_who_may_make_no_index_is_told_and_not_stopped(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OperationFailure("not authorized", 13)

    monkeypatch.setattr(Collection, "create_indexes", refuse)  # the server of the tests has no users
    with closing(open_archive(mongo_url)) as archive, capture_logs() as said:
        archive.bind(GENERATION)
    assert [(line["event"], line["setting"]) for line in said] == [("risky", "indexes")]


def test_binding_again_changes_nothing(archive: Archive) -> None:
    archive.checkpoint(0, 5)
    archive.bind(GENERATION)
    assert (archive.generation(), archive.checkpoints()) == (GENERATION, {0: 5})


def test_of_two_logs_at_once_one_is_bound(mongo_url: str) -> None:
    def bind(generation: str) -> str:
        with closing(open_archive(mongo_url)) as archive:
            try:
                archive.bind(generation)
            except WrongLog:
                return ""
            return generation

    with ThreadPoolExecutor() as threads:
        bound = list(threads.map(bind, [GENERATION, OTHER] * 4))
    with closing(open_archive(mongo_url)) as archive:
        assert set(bound) == {"", archive.generation()}


def test_checkpoints_of_many_at_once_end_at_the_highest(archive: Archive) -> None:
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda position: archive.checkpoint(position % 2, position), range(100)))
    assert archive.checkpoints() == {0: 98, 1: 99}


def test_records_of_another_log_are_refused_though_nothing_says_whose_they_are(
    archive: Archive, database: Database[dict[str, object]]
) -> None:
    archive.keep(0, [counted(0)])
    database["votes.log"].drop()
    with pytest.raises(WrongLog, match=f"keeps the log {GENERATION}, and the log is {OTHER}"):
        archive.bind(OTHER)


def test_an_archive_that_is_removed_while_it_is_written_stops_the_writer(
    archive: Archive, database: Database[dict[str, object]]
) -> None:
    database.client.drop_database(database)
    archive.keep(0, [counted(0)])
    with pytest.raises(WrongLog, match="replaced or removed"):
        archive.checkpoint(0, 1)


def test_an_archive_that_is_replaced_while_it_is_written_stops_the_writer(
    archive: Archive, database: Database[dict[str, object]]
) -> None:
    database["votes.log"].update_one({}, {"$set": {"generation": OTHER}})
    with pytest.raises(WrongLog, match="replaced or removed"):
        archive.checkpoint(0, 1)
