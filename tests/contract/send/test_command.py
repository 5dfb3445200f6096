"""`rockola send` as one runs it: what it says and the code it ends with (B-93, B-100, B-104 to B-106)."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from contract.send.door import Door
from rockola.send import DEMO
from rockola.send.command import send

LINE = '{"name":"Alux Nahual","album":"El Viaje","year":2011,"rank":8.6}\n'
BAD = LINE.replace("8.6", "11")
PROGRAM = "import typer; from rockola.send.command import send; typer.run(send)"
DEADLINE = 20  # seconds


def written(folder: Path, content: str, name: str = "votes") -> str:
    """A file with this content."""
    path = folder / name
    path.write_text(content)
    return str(path)


def ran(door: Door, *arguments: str, piped: str | None = None) -> Result:
    """The command against a door, at its end."""
    app = typer.Typer()
    app.command()(send)
    return CliRunner().invoke(app, ["--url", door.url, "--patience", "1", *arguments], input=piped)


@pytest.fixture
def slow(door: Door) -> Iterator["subprocess.Popen[str]"]:
    """A sending of the demo's votes under way, one by one."""
    command = [sys.executable, "-c", PROGRAM, "--url", door.url, "--rate", "100", "--batch", "1", str(DEMO)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + DEADLINE
        while len(door.taken) < 5 and time.monotonic() < until:
            time.sleep(0.01)
        yield process
        process.kill()


def test_it_ends_with_0_when_all_were_accepted(door: Door) -> None:
    assert ran(door, str(DEMO)).exit_code == 0


def test_it_says_how_many_were_accepted(door: Door) -> None:
    assert "1,010 votes: 1,010 accepted, 0 refused, 0 unanswered" in ran(door, str(DEMO)).stderr


def test_files_are_sent_one_after_the_other(door: Door, tmp_path: Path) -> None:
    ran(door, written(tmp_path, LINE, "one"), written(tmp_path, LINE * 2, "two"), "--batch", "1", "--connections", "1")
    assert [asked.ids[0][-2:] for asked in door.asked] == [".1", ".1", ".2"]


def test_it_reads_what_is_piped_in(door: Door) -> None:
    ran(door, "-", piped=LINE * 3)
    assert len(door.taken) == 3


def test_it_ends_with_1_when_a_vote_was_refused(door: Door, tmp_path: Path) -> None:
    door.usual = door.usual._replace(status=422)
    assert ran(door, written(tmp_path, LINE)).exit_code == 1


def test_it_names_a_refused_row(door: Door, tmp_path: Path) -> None:
    door.usual = door.usual._replace(status=422)
    path = written(tmp_path, LINE)
    assert f"refused: {path}: line 1: album: is not in the catalogue" in ran(door, path).stderr


def test_it_ends_with_1_when_a_vote_was_not_answered(door: Door, tmp_path: Path) -> None:
    door.usual = door.usual._replace(status=503)
    assert ran(door, written(tmp_path, LINE)).exit_code == 1


def test_it_says_why_it_gave_up(door: Door, tmp_path: Path) -> None:
    door.usual = door.usual._replace(status=503)
    assert "gave up: no vote was settled for too long (it answers 503)" in ran(door, written(tmp_path, LINE)).stderr


def test_it_ends_with_1_when_there_is_no_door(door: Door, tmp_path: Path) -> None:
    door.usual = door.usual._replace(status=404)
    assert ran(door, written(tmp_path, LINE)).exit_code == 1


def test_it_ends_with_2_when_an_option_is_wrong(door: Door, tmp_path: Path) -> None:
    assert ran(door, written(tmp_path, LINE), "--batch", "0").exit_code == 2


def test_b93_it_says_that_a_file_holds_no_votes(door: Door, tmp_path: Path) -> None:
    path = written(tmp_path, "")
    assert f"{path}: holds no votes" in ran(door, path).stderr


def test_it_announces_older_names(door: Door, tmp_path: Path) -> None:
    path = written(tmp_path, LINE.replace('"rank"', '"ranked"'))
    assert f"{path}: artist and ranked are read as name and rank" in ran(door, path).stderr


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    """A file with two bad rows among four."""
    return written(tmp_path, LINE + BAD + LINE + BAD)


def test_b98_b105_a_bad_row_ends_it_with_2(door: Door, mixed: str) -> None:
    assert ran(door, mixed).exit_code == 2


def test_b98_b105_a_bad_row_is_named_with_its_line(door: Door, mixed: str) -> None:
    assert f"{mixed}: line 2: rank: must be 0 to 10" in ran(door, mixed).stderr


def test_b98_b105_nothing_is_sent_when_a_later_file_is_wrong(door: Door, tmp_path: Path, mixed: str) -> None:
    ran(door, written(tmp_path, LINE, "right"), mixed)
    assert not door.taken


def test_b105_bad_rows_are_skipped_when_asked_for(door: Door, mixed: str) -> None:
    ran(door, mixed, "--skip-bad")
    assert sorted(own[-2:] for own in door.taken) == [".1", ".3"]


def test_b105_skipped_rows_end_it_with_1(door: Door, mixed: str) -> None:
    assert ran(door, mixed, "--skip-bad").exit_code == 1


def test_b105_too_many_bad_rows_end_it_with_2(door: Door, mixed: str) -> None:
    assert ran(door, mixed, "--skip-bad", "--max-bad", "1").exit_code == 2


def test_b105_the_report_has_exactly_the_bad_rows(door: Door, tmp_path: Path, mixed: str) -> None:
    ran(door, mixed, "--skip-bad", "--report", str(tmp_path / "report"))
    told = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    reason = "must be 0 to 10 with at most two decimals"
    assert told == [
        {"file": mixed, "row": row, "line": row, "field": "rank", "reason": reason, "byte": 0} for row in (2, 4)
    ]


def test_b100_a_file_sent_twice_has_the_same_ids(door: Door) -> None:
    for _ in range(2):
        ran(door, str(DEMO))
    assert set(door.taken.values()) == {2}


def test_b100_after_a_kill_the_rest_is_sent_under_the_same_ids(door: Door, slow: "subprocess.Popen[str]") -> None:
    slow.kill()
    slow.wait(DEADLINE)
    ran(door, str(DEMO))
    assert len(door.taken) == 1010


def test_b106_an_interrupt_ends_it_with_130(slow: "subprocess.Popen[str]") -> None:
    slow.send_signal(signal.SIGINT)
    assert slow.wait(DEADLINE) == 130


def test_b106_an_interrupt_leaves_a_summary(slow: "subprocess.Popen[str]") -> None:
    slow.send_signal(signal.SIGINT)
    assert "1,010 votes: " in slow.communicate(timeout=DEADLINE)[1]


def test_b106_what_was_interrupted_can_be_sent_again(door: Door, slow: "subprocess.Popen[str]") -> None:
    slow.send_signal(signal.SIGINT)
    slow.wait(DEADLINE)
    ran(door, str(DEMO))
    assert len(door.taken) == 1010


MEASURE = """
import re, sys
from pathlib import Path
from rockola.send.votefile import open_votes
assert open_votes(sys.argv[1]).votes == int(sys.argv[2])
print(re.search("VmHWM: *(.*) kB", Path("/proc/self/status").read_text().expandtabs())[1])
"""
WIDE = LINE.strip().replace("{", "{" + 200 * " ")
LARGE = {"NDJSON": (1_000_000, "", LINE, ""), "an array in one line": (250_000, "[", WIDE + ",", WIDE + "]")}


@pytest.mark.slow
@pytest.mark.parametrize("form", LARGE)
def test_b104_a_large_file_is_read_with_little_memory(tmp_path: Path, form: str) -> None:
    rows, begin, row, end = LARGE[form]
    path = written(tmp_path, begin + row * (rows - bool(end)) + end)
    kilobytes = subprocess.run([sys.executable, "-W", "ignore", "-c", MEASURE, path, str(rows)], stdout=-1, check=True)
    assert int(kilobytes.stdout) < 60_000  # the file alone has more
