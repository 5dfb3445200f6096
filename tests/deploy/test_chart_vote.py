"""What `helm test` runs, held against a `rockola up`: a vote that is cast is read back, and one that is not is told."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards import FILES
from running import Process

TOKEN = "helm-test-token"  # noqa: S105


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A rockola whose pages want a token."""
    process = Process(tmp_path_factory.mktemp("vote") / "data", ROCKOLA_TOKEN=TOKEN)
    yield process.start()
    process.kill()


def vote(up: Process, *doors: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(FILES / "vote.py")), up.url("web"), *doors]
    env = {"ROCKOLA_TOKEN": token}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)


def test_a_vote_through_each_door_is_read_back(up: Process) -> None:
    door = up.url("gateway", "/grpc")
    done = vote(up, door, door)
    assert (done.returncode, done.stdout) == (0, f"{door} counted\n{door} counted\n")


@pytest.mark.parametrize(("path", "token"), [("/grpc", "another"), ("/nowhere", TOKEN)])
def test_what_does_not_come_back_is_a_failure(up: Process, path: str, token: str) -> None:
    assert vote(up, up.url("gateway", path), token=token).returncode == 1
