"""The archive's MongoDB URL and what is found behind it: what is refused, and what is never said."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from pymongo import ReadPreference
from pymongo.database import Database
from structlog.testing import capture_logs

from building import counted
from rockola.archive import Archive
from rockola.archive.mongo_connection import Connection
from rockola.findings import Grade
from rockola.opening import examine, open_archive
from rockola.urls import WrongUrl
from rockola.vote.errors import Unavailable, Unfit

GENERATION, OTHER = "abcdefghijklmnopqrstuv", "another-log-0123456789"
ORIGINAL = {"Data": {"Name": "Ash", "Album": "Bell", "Year": "1997", "Rank": "9.5"}, "CreationDate": datetime.now(UTC)}


@pytest.fixture
def archive_url(mongo_url: str) -> str:
    """The suite's archive is the one in MongoDB."""
    return mongo_url


def findings(url: str) -> dict[str, tuple[str, Grade]]:
    return {one.setting: (one.found, one.grade) for one in examine("archive", url)}


def test_the_original_systems_collection_is_refused_and_another_beside_it_is_not(
    mongo_url: str, database: Database[dict[str, object]]
) -> None:
    database.votes.insert_one(dict(ORIGINAL))
    with pytest.raises(Unfit, match=r"foreign document is [0-9a-f]{24}\. .*\?collection="):
        open_archive(mongo_url)
    assert findings(f"{mongo_url}&collection=rockola")["foreign document"] == ("none", Grade.GOOD)


@pytest.mark.parametrize("foreign", [0, "", "zebra", f"{GENERATION[:-1]}a.0.1", f"{OTHER}.0.1", b"", True])
def test_whatever_another_program_wrote_between_our_own_is_found(
    archive: Archive, mongo_url: str, database: Database[dict[str, object]], foreign: object
) -> None:
    archive.keep(0, [counted(0)])
    assert findings(mongo_url)["foreign document"] == ("none", Grade.GOOD)
    database.votes.insert_one({"_id": foreign})
    assert findings(mongo_url)["foreign document"] == (str(foreign), Grade.BROKEN)


@pytest.mark.parametrize("option", ["w=1", "journal=false", "readConcernLevel=local", "readPreference=secondary"])
def test_a_weaker_promise_is_refused(mongo_url: str, option: str) -> None:
    name, _, value = option.partition("=")
    with pytest.raises(Unfit, match=rf": {name} is {value}\. Leave {name} out of the URL\."):
        open_archive(f"{mongo_url}&{option}")


def test_a_server_that_stands_alone_is_risky_and_said_at_a_start(mongo_url: str) -> None:
    with capture_logs() as said:
        open_archive(mongo_url).close()
    assert [(line["event"], line["setting"], line["found"]) for line in said] == [("risky", "replica set", "none")]


def test_what_is_asked_for_is_what_was_promised(mongo_url: str) -> None:
    with closing(Connection(mongo_url)) as connection:
        votes = connection.votes
    assert votes.write_concern.document == {"w": "majority", "j": True}
    assert (votes.read_concern.level, votes.read_preference) == ("majority", ReadPreference.PRIMARY)


def test_the_promise_may_be_spelled_out(mongo_url: str) -> None:
    open_archive(f"{mongo_url}&w=majority&journal=true&retryWrites=true&collection=ballots").close()


@pytest.mark.parametrize("wrong", ["colection=votes", "maxPoolSize=many", "collection=", "collection=a$b", "w=0"])
def test_an_option_that_nobody_knows_is_refused(mongo_url: str, wrong: str) -> None:
    with pytest.raises(WrongUrl, match="option"):
        open_archive(f"{mongo_url}&{wrong}")


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
