"""A consumer over real stores: what it does when a store does not fit the others."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from building import albums, keyed, vote
from rockola.consumer import Consumer
from rockola.eventlog.embedded import EmbeddedReader
from rockola.opening import open_archive, open_log_reader, open_log_writer, open_tally
from rockola.vote.contest import Contest
from rockola.vote.errors import LostRecords
from rockola.vote.model import Judged


class Stores:
    """A log with ten votes, its archive and its tally, and consumers of them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        asyncio.run(self.append(10))
        self.reader = stack.enter_context(closing(open_log_reader(self.url("log"))))
        self.archive = stack.enter_context(closing(open_archive(self.url("archive"))))
        self.tally = stack.enter_context(closing(open_tally(self.url("tally"))))

    def url(self, store: str) -> str:
        return f"sqlite:///{self.folder}/{store}.db"

    async def append(self, number: int, album: str = "Ash") -> None:
        writer = await open_log_writer(self.url("log"))
        await writer.append([keyed(vote(album))] * number)
        await writer.close()

    def count(self) -> list[Judged]:
        """What a fresh consumer counts until there is nothing new."""
        consumer = Consumer(self.reader, self.archive, self.tally, Contest(), 100)
        counted: list[Judged] = []
        for _ in range(4):
            list(consumer.step(0, counted))
        return counted

    def change(self, store: str, statement: str) -> None:
        with closing(sqlite3.connect(self.folder / f"{store}.db", isolation_level=None)) as connection:
            connection.execute(statement)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """Ten votes, counted."""
    with ExitStack() as stack:
        made = Stores(tmp_path, stack)
        made.count()
        yield made


def test_ten_votes_are_counted_and_no_more_the_second_time(stores: Stores) -> None:
    assert stores.count() == []
    assert albums(stores.tally.totals().counts) == {"Ash": 10}


class Told(EmbeddedReader):
    """A reader that remembers what tools would see."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.positions: dict[int, int] = {}

    def commit(self, partition: int, position: int) -> None:
        self.positions[partition] = position


def test_a_position_that_is_found_is_told_to_tools_without_a_new_vote(stores: Stores) -> None:
    """Whoever counted up to it may have gone before its word came to the log."""
    with closing(Told(stores.url("log"))) as reader:
        list(Consumer(reader, stores.archive, stores.tally, Contest(), 100).step(0, []))
        assert reader.positions == {0: 10}


def test_what_is_appended_later_is_counted_from_there(stores: Stores) -> None:
    asyncio.run(stores.append(5))
    assert [one.offset for one in stores.count()] == [10, 11, 12, 13, 14]


@pytest.mark.parametrize("checkpoint", [10, 6, 0])
def test_a_log_that_ends_before_the_position_stops_the_count(stores: Stores, checkpoint: int) -> None:
    stores.change("log", "DELETE FROM records WHERE offset > 7")
    stores.change("archive", f"UPDATE checkpoints SET position = {checkpoint}")
    with pytest.raises(LostRecords, match="The log ends at 8, before the position 10"):
        stores.count()


def test_a_log_that_was_put_back_and_written_on_past_the_position_stops_the_count(stores: Stores) -> None:
    stores.change("log", "DELETE FROM records WHERE offset > 7")
    asyncio.run(stores.append(5, "Bell"))
    with pytest.raises(LostRecords, match=r"The log holds another record at 0\.9 than the one that was counted"):
        stores.count()


def test_counting_goes_on_behind_an_unreadable_record(stores: Stores) -> None:
    stores.change("log", "INSERT INTO records VALUES (0, 10, 'poison')")
    assert [one.verdict for one in stores.count()] == ["unreadable"]
    assert stores.count() == []


def test_records_that_were_deleted_after_they_were_counted_are_not_missed(stores: Stores) -> None:
    asyncio.run(stores.append(5))
    stores.change("log", "DELETE FROM records WHERE offset < 10")
    assert [one.offset for one in stores.count()] == [10, 11, 12, 13, 14]


def test_an_archive_that_lost_what_is_counted_stops_the_count(stores: Stores) -> None:
    stores.change("archive", "UPDATE checkpoints SET position = 5")
    stores.change("archive", "DELETE FROM votes WHERE offset = 8")
    with pytest.raises(LostRecords, match=r"The archive lost the record 0\.8"):
        stores.count()


def test_a_checkpoint_behind_the_position_is_no_loss(stores: Stores) -> None:
    stores.change("archive", "UPDATE checkpoints SET position = 5")
    assert stores.count() == []


def test_a_lost_tally_is_rebuilt_to_the_checkpoint_and_counted_on_from_the_log(stores: Stores) -> None:
    stores.change("archive", "UPDATE checkpoints SET position = 5")
    stores.change("archive", "DELETE FROM votes WHERE offset = 7")  # behind the checkpoint there may be holes
    for table in ("positions", "counts", "ids", "voters", "source"):
        stores.change("tally", f"DELETE FROM {table}")
    assert [one.offset for one in stores.count()] == [5, 6, 7, 8, 9]
    assert albums(stores.tally.totals().counts) == {"Ash": 10}


def test_a_log_with_gaps_is_counted_over_them(stores: Stores) -> None:
    asyncio.run(stores.append(2))
    stores.change("log", "UPDATE records SET offset = 5000 WHERE offset = 11")
    assert [one.offset for one in stores.count()] == [10, 5000]
    assert stores.tally.position(0) == 5001
