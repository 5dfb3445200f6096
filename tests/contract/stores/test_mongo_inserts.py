"""Several who insert at once: what comes while others are inserted goes in together, and each learns of its own."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent

from rockola.archive.mongo_connection import Votes
from rockola.archive.mongo_inserts import Inserts
from rockola.vote.errors import Unavailable

OTHERS = 0.3  # seconds in which others come
Documents = dict[str, dict[str, Any]]


class Slow(CommandListener):
    """Remembers how many documents each insert had; the first one lets others come."""

    def __init__(self) -> None:
        self.inserts: list[int] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "insert":
            self.inserts.append(len(event.command["documents"]))
            if len(self.inserts) == 1:
                time.sleep(OTHERS)

    def succeeded(self, event: object) -> None:
        """Of no interest."""

    failed = succeeded


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def votes(mongo_url: str, slow: Slow) -> Iterator[Votes]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_url, event_listeners=[slow], timeoutMS=2000)
    with closing(client):
        yield client.get_default_database().votes


def together(votes: Votes, batches: Sequence[Documents]) -> list[Future[Any]]:
    """What becomes of each of these; all but the first come while it is inserted."""
    inserts = Inserts(votes)
    with ThreadPoolExecutor(len(batches)) as threads:
        first = threads.submit(inserts.insert, batches[0])
        time.sleep(OTHERS / 2)
        return [first, *(threads.submit(inserts.insert, batch) for batch in batches[1:])]


def batch(*names: str, **fields: object) -> Documents:
    return {name: {"_id": name, **fields} for name in names}


def test_those_who_come_while_others_are_inserted_share_a_command(votes: Votes, slow: Slow) -> None:
    ended = together(votes, [batch("a"), batch("b", "c"), batch("d"), {}, batch("e")])
    assert [each.result() for each in ended] == [{}] * 5
    assert slow.inserts == [1, 4]
    assert votes.count_documents({}) == 5


def test_each_learns_which_of_its_own_was_taken(votes: Votes) -> None:
    votes.insert_one({"_id": "c"})
    ended = together(votes, [batch("a"), batch("b", "c"), batch("d")])
    assert [list(each.result()) for each in ended] == [[], ["c"], []]
    assert votes.count_documents({}) == 4


def test_a_failure_of_one_is_no_failure_of_those_beside_it(votes: Votes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of the tests has no failure for one document but a key that is taken: the code is changed."""
    monkeypatch.setattr("rockola.archive.mongo_inserts.TAKEN", 121)
    votes.insert_one({"_id": "c"})
    ended = together(votes, [batch("a"), batch("b", "c"), batch("d")])
    assert [type(each.exception()) for each in ended] == [type(None), Unavailable, type(None)]
    assert "E11000" in str(ended[1].exception().__cause__)


def test_all_who_went_together_hear_that_the_server_is_away() -> None:
    away: MongoClient[dict[str, Any]] = MongoClient("mongodb://127.0.0.1:1", timeoutMS=500)
    with closing(away):
        ended = together(away.get_database("away").votes, [batch("a"), batch("b"), batch("c")])
        assert [type(each.exception()) for each in ended] == [Unavailable] * 3
