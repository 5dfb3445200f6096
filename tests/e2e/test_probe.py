"""`rockola probe` against a `rockola up`: a vote that is cast is read back, and one that is not is told."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import Process, run

TOKEN = "probe-token"  # noqa: S105


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A rockola whose pages want a token."""
    process = Process(tmp_path_factory.mktemp("probe") / "data", ROCKOLA_TOKEN=TOKEN)
    yield process.start()
    process.kill()


def probe(up: Process, *doors: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    return run("probe", f"--web={up.url('web')}", *doors, ROCKOLA_TOKEN=token)


def test_a_vote_through_each_door_is_read_back(up: Process) -> None:
    door = up.url("gateway", "/grpc")
    done = probe(up, door, door)
    assert (done.returncode, done.stdout) == (0, f"{door} counted\n{door} counted\n")


def test_pages_that_want_no_token_are_asked_without_one(tmp_path: Path) -> None:
    up = Process(tmp_path / "data").start()
    done = probe(up, up.url("gateway", "/grpc"), token="")
    up.kill()
    assert done.returncode == 0


@pytest.mark.parametrize(("path", "token"), [("/grpc", "another"), ("/nowhere", TOKEN), ("/healthz", TOKEN)])
def test_what_does_not_come_back_is_a_failure(up: Process, path: str, token: str) -> None:
    door = up.url("gateway", path)
    done = probe(up, door, token=token)
    assert (done.returncode, done.stdout) == (1, "")
    assert door in done.stderr


def test_what_answers_like_no_door_is_a_failure(up: Process) -> None:
    assert probe(up, up.url("metrics", "/metrics")).returncode == 1


@pytest.mark.parametrize("door", ["localhost:8080/grpc", "ftp://localhost/grpc", "http:///grpc"])
def test_what_is_no_url_is_told_as_wrong(up: Process, door: str) -> None:
    done = probe(up, door)
    assert done.returncode == 2
    assert door in done.stderr
