"""The stream of results: whole states, to as many readers as there are seats."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from contract.web.serving import GENERATION, PALABRAS, SONORA, Stores, serving
from rockola.metrics import Metrics
from rockola.vote.model import Vote
from rockola.web import live, stream
from rockola.web.stream import SEATS, SEATS_OF_ADDRESS

STREAM = "/api/results/stream"
Event = dict[str, Any]


def events(answer: httpx.Response) -> Iterator[Event]:
    """The events of a stream, their data decoded."""
    event: Event = {}
    for line in answer.iter_lines():
        if not line:
            yield event
            event = {}
        else:
            name, _, value = line.partition(": ")
            event[name] = json.loads(value) if name == "data" else value


@contextmanager
def listening(url: str, query: str = "", **headers: str) -> Iterator[Iterator[Event]]:
    """A reader of the stream."""
    with httpx.stream("GET", url + STREAM + query, headers=headers, timeout=10) as answer:
        yield events(answer)


@contextmanager
def open_socket(url: str, headers: str = "") -> Iterator[socket.socket]:
    """A reader who has asked for the stream and does not read yet."""
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.settimeout(10)
        reader.connect((urlsplit(url).hostname, urlsplit(url).port))
        reader.sendall(f"GET {STREAM} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        yield reader


def status(reader: socket.socket) -> int:
    """The status a socket was answered."""
    return int(reader.recv(12).split()[1])


def drained(reader: socket.socket) -> bytes:
    """The last bytes of a stream that has ended."""
    last = b""
    while more := reader.recv(65536):
        last = (last + more)[-100:]
    return last


def until(holds: Callable[[], bool]) -> bool:
    """Whether it holds within ten seconds."""
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def streams(metrics: Metrics) -> float:
    """How many readers there are."""
    return metrics.registry.get_sample_value("rockola_streams") or 0


def test_a_reader_gets_the_whole_state_at_once(stores: Stores, url: str) -> None:
    stores.count(SONORA, PALABRAS)
    with listening(url) as told:
        first = next(told)
    assert (first["event"], first["id"]) == ("results", f"{GENERATION}/0:2")
    assert first["data"] == {**httpx.get(url + "/api/results").json(), "as_of": first["data"]["as_of"]}


def test_a_vote_is_told_within_a_second(stores: Stores, url: str) -> None:
    with listening(url) as told:
        next(told)
        began = time.monotonic()
        stores.count(SONORA)
        counted = next(told)["data"]["counted"]
    assert (counted, time.monotonic() - began < 1) == (1, True)


def test_every_reader_gets_the_newest_state(stores: Stores, url: str) -> None:
    with ExitStack() as stack:
        readers = [stack.enter_context(listening(url)) for _ in range(5)]
        stores.count(*[SONORA] * 7)
        told = [next(event for event in reader if event["data"]["counted"] == 7)["id"] for reader in readers]
    assert told == [f"{GENERATION}/0:7"] * 5


def test_changes_that_follow_fast_are_told_together(stores: Stores, url: str) -> None:
    told = []
    with listening(url) as reader:
        for _ in range(200):
            stores.count(SONORA)
        for event in reader:
            told.append(event["data"]["counted"])
            if told[-1] == 200:
                break
    assert (told == sorted(told), len(told) < 100) == (True, True)


def test_no_reader_gets_more_events_a_second_than_asked_for(stores: Stores, url: str) -> None:
    with listening(url, "?per_second=5") as reader:
        next(reader)
        began = time.monotonic()
        counting = Thread(target=lambda: [stores.count(SONORA) for _ in range(300)])
        counting.start()
        events = list(takewhile(lambda event: event["data"]["counted"] < 300, reader))
        counting.join()
    assert 0 < len(events) <= 5 * (time.monotonic() - began)


def test_nothing_new_is_a_heartbeat(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.2)
    with listening(url) as told:
        names = [next(told)["event"] for _ in range(3)]
    assert names == ["results", "heartbeat", "heartbeat"]


def test_a_lost_tally_is_told(stores: Stores, url: str) -> None:
    stores.count(SONORA)
    with listening(url) as told:
        states = [next(told)["data"]["state"]]
        stores.break_tally()
        states.append(next(told)["data"]["state"])
    assert states == ["live", "stale"]


@pytest.mark.parametrize("last", ["garbage", f"{GENERATION}/0:999", "x" * 10_000])
def test_the_last_event_id_changes_nothing(stores: Stores, url: str, last: str) -> None:
    stores.count(SONORA)
    with listening(url, **{"Last-Event-ID": last}) as told:
        assert next(told)["data"]["counted"] == 1


def test_readers_come_back_after_there_were_none(stores: Stores, url: str) -> None:
    counted = []
    for _ in range(3):
        stores.count(SONORA)
        with listening(url) as told:
            counted.append(next(told)["data"]["counted"])
    assert counted == [1, 2, 3]


def test_there_are_so_many_seats_and_no_more(stores: Stores) -> None:
    metrics = Metrics()
    with serving(stores, metrics=metrics) as url, ExitStack() as stack:
        readers = [stack.enter_context(open_socket(url)) for _ in range(SEATS)]
        assert {status(reader) for reader in readers} == {200}
        refused = httpx.get(url + STREAM)
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        readers[0].close()
        assert until(lambda: streams(metrics) == SEATS - 1)
        assert httpx.head(url + STREAM).status_code == 200


def test_an_address_has_fewer_seats(stores: Stores) -> None:
    with serving(stores, trusted="127.0.0.1") as url, ExitStack() as stack:
        answers = [
            status(stack.enter_context(open_socket(url, f"X-Forwarded-For: {address}\r\n")))
            for address in ["203.0.113.7"] * (SEATS_OF_ADDRESS + 1) + ["203.0.113.8"]
        ]
    assert answers == [200] * SEATS_OF_ADDRESS + [429, 200]


def test_a_reader_who_does_not_read_is_let_go(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PATIENCE", 0.1)
    metrics = Metrics()
    stores.count(*[Vote(f"Band {number}", "An album", 2000, 500) for number in range(1000)])
    with serving(stores, metrics=metrics) as url, open_socket(url) as reader:
        assert until(lambda: streams(metrics) == 1)
        assert until(lambda: stores.count(SONORA) or streams(metrics) == 0)
        assert not drained(reader).endswith(b"\n\n\r\n")


def test_the_end_of_the_server_ends_its_streams(stores: Stores) -> None:
    with serving(stores) as url:
        context = listening(url)
        told = context.__enter__()
        next(told)
        began = time.monotonic()
    assert (list(told), time.monotonic() - began < 3) == ([], True)
    context.__exit__(None, None, None)
