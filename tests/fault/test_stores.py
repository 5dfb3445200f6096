"""Stores that vanish, rewind, lock or break, and consumers that meet: F-14, F-15, F-20 to F-23, F-42, F-48."""

import asyncio
import random
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from audit import await_counted, check_verified
from books import Books
from building import keyed, vote
from files import ask, end_of_log, position
from rockola.opening import open_log_writer
from running import have_counted, run, until
from voting import Launch, voting

TABLES = ("positions", "ids", "voters", "counts", "source")


async def appended(data: Path, number: int, prefix: str = "id-number") -> None:
    writer = await open_log_writer(f"sqlite:///{data}/log.db")
    votes = [keyed(vote(f"album {turn % 3}", f"{prefix}-{turn}")) for turn in range(number)]
    for start in range(0, number, 500):
        await writer.append(votes[start : start + 500])
    await writer.close()


@pytest.fixture
def filled(data: Path) -> Path:
    """A data folder whose log holds 3,000 votes that nobody has counted."""
    asyncio.run(appended(data, 3000))
    return data


def change(data: Path, store: str, *statements: str) -> None:
    with closing(sqlite3.connect(data / f"{store}.db", timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")


def test_f14_a_consumer_that_stands_still_with_a_batch_in_hand_changes_nothing_when_it_goes_on(
    launch: Launch, filled: Path
) -> None:
    first = launch("consumer", ROCKOLA_FAILPOINTS="consumer.looked=sleep:1").start()
    until(lambda: first.metric("rockola_judged_total") == 500, "the first batch: it has the second in hand then")
    first.signal(signal.SIGSTOP)
    launch("consumer").start()
    await_counted(Books.embedded(filled))
    first.signal(signal.SIGCONT)
    until(lambda: first.metric("rockola_moved_total") >= 1, "the answer that the position moved")
    check_verified(Books.embedded(filled))


def test_f15_two_consumers_of_one_partition_count_right(launch: Launch, data: Path, rng: random.Random) -> None:
    second = launch("consumer").start()
    with voting(data, launch, rng) as up:
        until(lambda: have_counted([up, second], 100), "both at work")


def test_f20_a_tally_that_cannot_be_written_stops_no_vote(launch: Launch, data: Path, rng: random.Random) -> None:
    with voting(data, launch, rng) as up:
        until(lambda: position(data), "the first votes")
        with closing(sqlite3.connect(data / "tally.db", isolation_level=None)) as thief:
            thief.execute("BEGIN IMMEDIATE")
            until(lambda: up.metric("rockola_unavailable_total") > 0, "the notice that the tally is away")
            accepted = end_of_log(data)
            until(lambda: end_of_log(data) > accepted + 50, "votes accepted meanwhile")
            thief.execute("ROLLBACK")


@pytest.mark.parametrize("when", ["voting", "idle"])
def test_f21_a_wiped_tally_comes_back_by_itself(launch: Launch, data: Path, rng: random.Random, when: str) -> None:
    with voting(data, launch, rng) as up:
        until(lambda: up.metric("rockola_judged_total") > 200, "two hundred votes that are counted")
        if when == "voting":
            change(data, "tally", *(f"DELETE FROM {table}" for table in TABLES))
            until(lambda: up.metric("rockola_rebuilds_total") == 1, "the rebuild", seconds=10)
    if when == "idle":
        change(data, "tally", *(f"DELETE FROM {table}" for table in TABLES))
        until(lambda: up.metric("rockola_rebuilds_total") == 1, "the rebuild", seconds=10)
    await_counted(Books.embedded(data))
    up.stop()
    launch("consumer").start()  # binds the tally again
    check_verified(Books.embedded(data))


def test_f21_a_removed_tally_file_comes_back_by_itself(launch: Launch, data: Path, rng: random.Random) -> None:
    with voting(data, launch, rng) as up:
        until(lambda: up.metric("rockola_judged_total") > 200, "two hundred votes that are counted")
        (data / "tally.db").unlink()
        until(lambda: up.metric("rockola_rebuilds_total") == 1, "the rebuild", seconds=10)


def test_an_archive_that_is_removed_under_a_running_count_stops_it(
    launch: Launch, data: Path, rng: random.Random
) -> None:
    with voting(data, launch, rng) as up:
        until(lambda: up.metric("rockola_judged_total") > 200, "two hundred votes that are counted")
    for path in data.glob("archive.db*"):
        path.unlink()
    run("send", "--patience", "1", "--url", up.url("gateway", "/grpc"), str(one_vote(data)))
    assert up.ended() == 1
    assert "was replaced or removed" in up.errors.read_text()
    up.launch()
    assert up.ended() == 1
    assert "The archive lost the record" in up.errors.read_text()
    for path in data.glob("tally.db*"):
        path.unlink()
    up.start()
    await_counted(Books.embedded(data))
    check_verified(Books.embedded(data))


def test_f22_a_tally_replaced_by_an_older_copy_counts_on_from_there(
    launch: Launch, data: Path, rng: random.Random
) -> None:
    with voting(data, launch, rng) as up:
        until(lambda: (position(data) or 0) > 100, "a hundred votes")
        copied = copy_of_tally(data)
        until(lambda: (position(data) or 0) > 300, "more votes")
        put_back(data, copied)
        until(lambda: up.metric("rockola_moved_total") >= 1, "the notice that the position moved")


def copy_of_tally(data: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(data / "tally.db", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


def put_back(data: Path, copied: dict[str, list[tuple[object, ...]]]) -> None:
    with closing(sqlite3.connect(data / "tally.db", timeout=10, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for table, rows in copied.items():
            connection.execute(f"DELETE FROM {table}")
            for row in rows:
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        connection.execute("COMMIT")


def test_f23_a_tally_cut_off_at_any_byte_of_its_journal_counts_right(
    launch: Launch, filled: Path, rng: random.Random
) -> None:
    consumer = launch("consumer").start()
    for _ in range(5):
        until(lambda: (filled / "tally.db-wal").stat().st_size > 0, "the journal")
        consumer.kill()
        journal = filled / "tally.db-wal"
        with journal.open("r+b") as file:
            file.truncate(rng.randrange(journal.stat().st_size))
        (filled / "tally.db-shm").unlink()
        consumer.start()
    await_counted(Books.embedded(filled))
    check_verified(Books.embedded(filled))


def test_f42_poison_that_arrives_while_the_archive_is_away_waits(launch: Launch, data: Path) -> None:
    up = launch().start()
    run("send", "--url", up.url("gateway", "/grpc"), str(one_vote(data)))
    await_counted(Books.embedded(data))
    with closing(sqlite3.connect(data / "archive.db", isolation_level=None)) as thief:
        thief.execute("BEGIN IMMEDIATE")
        change(data, "log", "INSERT INTO records VALUES (0, 1, x'ff00')")
        until(lambda: up.metric("rockola_unavailable_total") > 0, "the notice that the archive is away")
        assert position(data) == 1
        thief.execute("ROLLBACK")
    await_counted(Books.embedded(data))
    assert ask(data, "archive", "SELECT verdict, raw FROM votes WHERE offset = 1") == [("unreadable", "ff00")]
    check_verified(Books.embedded(data))


def one_vote(data: Path) -> Path:
    file = data / "one.csv"
    file.write_text("name,album,year,rank\nA band,Ash,2000,5\n")
    return file
