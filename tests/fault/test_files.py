"""The files themselves: writers killed in their commits, several at once, and journals that were deleted (F-48)."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from files import ask, end_of_log
from running import until
from voting import Launch, voting

KILLED_WRITER = """
import asyncio, sys
from rockola.eventlog import Keyed
from rockola.opening import open_log_writer
async def main(url):
    writer = await open_log_writer(url)
    while True:
        print(*await writer.append([Keyed("", b'{"n":1}')] * 20), flush=True)
asyncio.run(main(sys.argv[1]))
"""


def test_f48_a_log_killed_a_hundred_times_in_its_commits_keeps_every_acknowledged_record(
    data: Path, rng: random.Random
) -> None:
    places: list[str] = []
    for _ in range(25):  # with four writers each, so that they also meet
        writers = [killed_writer(data) for _ in range(4)]
        first = [writer.stdout.readline() for writer in writers if writer.stdout]
        for writer in writers:
            writer.kill()
        places += " ".join(first + [writer.communicate()[0] for writer in writers]).split()
    kept = {f"0.{offset}" for (offset,) in ask(data, "log", "SELECT offset FROM records")}
    acknowledged = [place.partition(".")[2] for place in places if place.count(".") == 2]
    assert len(acknowledged) > 2000
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= kept


def killed_writer(data: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", KILLED_WRITER, f"sqlite:///{data}/log.db"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("store", "reason"),
    [("log", "the log is|The log ends at"), ("archive", "The archive lost the record|the log is")],
)
def test_f48_a_journal_that_was_deleted_is_refused_with_its_reason(
    launch: Launch, data: Path, rng: random.Random, store: str, reason: str
) -> None:
    with voting(data, launch, rng) as up:
        until(lambda: end_of_log(data) > 200, "two hundred votes")
    up.kill()
    (data / f"{store}.db-wal").unlink()
    up.launch()
    assert up.ended() == 1
    assert re.search(reason, up.errors.read_text())
