"""A server in Rust refuses at its start what a server in Python refuses, with the same sentence."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from rockola.eventlog.kafka_topic import made
from rockola.opening import open_log_writer
from rockola.urls import WrongUrl
from rockola.vote.errors import Unfit
from running import Process
from services import Services
from topics import Topic

UNFIT = {
    "compacted": {"cleanup.policy": "compact"},
    "kept for an hour": {"retention.ms": "3600000"},
    "of limited size": {"retention.bytes": "1000000"},
    "led by whoever is left": {"unclean.leader.election.enable": "true"},
    "of small records": {"max.message.bytes": "1000"},
    "not enough copies": {"min.insync.replicas": "2"},
    "another number of partitions": {},
}
WRONG = {
    "an unknown option": "kafka://127.0.0.1:9/votes?color=red",
    "an option that is no number": "kafka://127.0.0.1:9/votes?partitions=x",
    "no partitions": "kafka://127.0.0.1:9/votes?partitions=0",
    "an unknown mechanism": "kafka://me:secret@127.0.0.1:9/votes?sasl=MD5",
    "a password that is not quoted": "kafka://me:se/cret@127.0.0.1:9/votes",
    "a topic of blanks": "kafka://127.0.0.1:9/two%20words",
}
Refused = Callable[[str], tuple[int, str]]


@pytest.fixture
def url(services: Services) -> str:
    """A topic of its own, that is not there."""
    return f"{services['kafka']}/test-{uuid4().hex}"


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[Refused]:
    """What a server in Rust says when it does not start, on one line, and its exit code."""
    servers: list[Process] = []

    def start(url: str) -> tuple[int, str]:
        servers.append(Process(tmp_path / "data", "server", kind="rust", ROCKOLA_LOG=url).launch())
        return servers[0].ended(), servers[0].errors.read_text()

    yield start
    for server in servers:
        server.kill()


def sentence(url: str) -> str:
    """What Python says."""
    with pytest.raises((Unfit, WrongUrl)) as caught:
        asyncio.run(open_log_writer(url))
    return str(caught.value)


@pytest.mark.parametrize("name", UNFIT)
def test_an_unfit_topic_is_refused_with_its_reason(refused: Refused, url: str, name: str) -> None:
    Topic(url).make(made(1) | UNFIT[name], 6 if UNFIT[name] else 4)
    code, said = refused(url)
    assert (code, f"Stopped, since going on would count wrongly. {sentence(url)}\n" in said) == (1, True), said


def test_an_absent_topic_is_refused_with_its_reason(refused: Refused, url: str) -> None:
    code, said = refused(url)
    assert (code, sentence(url) in said) == (1, True), said


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_url_is_refused_with_what_to_change(refused: Refused, name: str) -> None:
    assert refused(WRONG[name]) == (2, f"{sentence(WRONG[name])}\n")


def test_a_topic_that_is_made_is_as_one_made_by_python(url: str, tmp_path: Path) -> None:
    server = Process(tmp_path / "data", "server", "--create-topic", kind="rust", ROCKOLA_LOG=url)
    try:
        server.start()
        assert Topic(url).settings().items() >= made(1).items()
    finally:
        server.kill()
