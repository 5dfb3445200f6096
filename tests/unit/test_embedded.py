"""A file that is swapped under a store: followed where it can be counted anew, never where votes would be lost."""

import asyncio
import time
from pathlib import Path

import pytest

from building import keyed
from rockola.embedded import Database, scalar
from rockola.opening import open_log_reader, open_log_writer, open_tally
from rockola.tally import Source
from rockola.vote.errors import Unavailable, WrongLog


def log_of(folder: Path) -> str:
    return f"sqlite:///{folder}/log.db"


async def append_after_removal(folder: Path) -> None:
    writer = await open_log_writer(log_of(folder))
    try:
        await writer.append([keyed()])
        (folder / "log.db").unlink()
        await writer.append([keyed()])
    finally:
        await writer.close()


def test_a_removed_log_acknowledges_nothing(tmp_path: Path) -> None:
    with pytest.raises(WrongLog, match="replaced or removed"):
        asyncio.run(append_after_removal(tmp_path))
    assert not (tmp_path / "log.db").exists()


async def check_after_removal(folder: Path) -> None:
    writer = await open_log_writer(log_of(folder))
    (folder / "log.db").unlink()
    try:
        await writer.check()
    finally:
        await writer.close()


def test_t23_a_writer_that_asks_for_its_log_learns_that_it_is_another(tmp_path: Path) -> None:
    with pytest.raises(WrongLog):
        asyncio.run(check_after_removal(tmp_path))


def test_a_removed_log_is_not_read_on(tmp_path: Path) -> None:
    reader = open_log_reader(log_of(tmp_path))
    (tmp_path / "log.db").unlink()
    with pytest.raises(WrongLog):
        reader.read(0, 0, 10)
    reader.close()


def test_a_removed_tally_is_lost_and_counts_by_the_same_source(tmp_path: Path) -> None:
    tally = open_tally(f"sqlite:///{tmp_path}/tally.db")
    tally.bind(Source("abcdefghijklmnopqrstuv", 1, ""))
    tally.restore(0, 0, [])
    (tmp_path / "tally.db").unlink()
    assert (tally.position(0), tally.totals().generation) == (None, "abcdefghijklmnopqrstuv")
    tally.close()


COUNT_FAR = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"


def test_a_querys_time_ends_with_it_and_is_not_held_against_the_next(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/any.db", "archive", "CREATE TABLE IF NOT EXISTS any (n)")
    with database.read(seconds=0.001) as connection:
        scalar(connection, "SELECT 1")
    until = time.monotonic() + 0.002
    while time.monotonic() < until:
        pass
    with database.statement() as connection:
        assert scalar(connection, COUNT_FAR) == 300_000
    database.close()


def test_a_query_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/any.db", "archive", "CREATE TABLE IF NOT EXISTS any (n)")
    with pytest.raises(Unavailable), database.read(seconds=0.001) as connection:
        scalar(connection, COUNT_FAR)
    database.close()
