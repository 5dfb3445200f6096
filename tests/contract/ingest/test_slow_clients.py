"""Rows B-30 to B-32 in real time, all at once: a slow client is let go within what is published."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from contract.ingest.conftest import Opened
from contract.ingest.doors import Door
from contract.ingest.rows import HEAD
from contract.ingest.wire import get, post
from rockola.ingest.http import Deadlines

GOODBYES = {  # what is sent at once, what follows every half second; the last answer, and the seconds until the end
    "B-30 headers byte by byte": (HEAD + b"X: ", b"a", 408, (4, 5)),
    "B-30 headers that stop": (HEAD, b"", 408, (4, 5)),
    "B-31 body byte by byte": (HEAD + b"Content-Length: 1000\r\n\r\n", b"a", 408, (9, 10)),
    "B-31 body that stops": (HEAD + b"Content-Length: 1000\r\n\r\n{", b"", 408, (9, 10)),
    "B-31 second body that stops": (post() + HEAD + b"Content-Length: 9\r\n\r\n", b"", 408, (9, 10)),
    "B-32 nothing": (b"", b"", None, (4, 10)),
    "B-32 blank lines": (b"", b"\r\n", None, (4, 10)),
}
SLACK = 1.0  # seconds that a machine with other work may be late
pytestmark = pytest.mark.slow
Goodbye = tuple[int | None, float]


def goodbye(door: Door, first: bytes, more: bytes) -> Goodbye:
    """The last answer's status, and the seconds until the connection ended."""
    begun, status = time.monotonic(), None
    with door.wire() as wire:
        wire.send(first)
        while time.monotonic() - begun < 15:
            if wire.is_quiet(0.5):
                wire.send(more)
            elif (answer := wire.answer()) is None:
                break
            elif answer.status != 202:
                status = answer.status
        return status, time.monotonic() - begun


@pytest.fixture(scope="module")
def goodbyes(door: Door) -> Iterator[dict[str, Future[Goodbye]]]:
    """Every trial, begun."""
    with ThreadPoolExecutor(len(GOODBYES)) as pool:
        yield {name: pool.submit(goodbye, door, first, more) for name, (first, more, _, _) in GOODBYES.items()}


@pytest.mark.parametrize("name", GOODBYES)
def test_a_slow_client_is_let_go(goodbyes: dict[str, Future[Goodbye]], name: str) -> None:
    _, _, wanted, (soonest, latest) = GOODBYES[name]
    status, seconds = goodbyes[name].result(20)
    assert (status, soonest <= seconds <= latest + SLACK) == (wanted, True), seconds


def test_a_client_that_rests_too_long_is_let_go(opened: Opened) -> None:
    with opened(deadlines=Deadlines(idle=0.5)).wire() as wire:
        wire.send(post())
        assert (wire.must_answer().status, wire.is_quiet(0.3), wire.answer()) == (202, True, None)


def test_a_client_that_reads_no_answers_is_let_go(opened: Opened) -> None:
    door = opened(deadlines=Deadlines(idle=1.0))
    with door.wire() as wire:
        taken = wire.flood(get("/nowhere") * 1000, seconds=10)
        assert (wire.is_cut_off(), taken < 20_000_000) == (True, True)


def test_a_client_that_runs_ahead_of_its_answers_is_held_back(opened: Opened) -> None:
    door = opened()
    with door.wire() as wire, door.blocked_log():
        assert wire.flood(post() * 1000, seconds=1.5) < 20_000_000
