"""A real nginx in front, told by the applied Ingress: every route passes, and it counts requests as the doors do."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from audit import await_counted
from cluster.contest import Contest
from contract.ingest.rows import ROWS
from contract.ingest.wire import ROUTE, get, post
from running import fetch, until
from tools.cluster import ingress

BATCH = [{"name": "Band", "album": "Ash", "year": 2000, "rank": 5} for _ in range(100)]
ROUTES = ("/grpc", "/rust")
QUIET = 3.0  # seconds without a byte: everything was answered


@pytest.fixture(scope="module")
def front(contest: Contest) -> str:
    """Where nginx listens."""
    address = ingress.start(contest.node)
    until(lambda: answered(address, "/", get("/", "Connection: close")), "a way through the Service")
    return address


def answered(front: str, route: str, raw: bytes) -> bytes:
    """All that comes back before the connection ends or falls silent."""
    host, _, port = front.partition(":")
    got = b""
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=QUIET) as connection:
        connection.sendall(raw.replace(ROUTE, route.encode()))
        while part := connection.recv(65_536):
            got += part
    return got


def ends(contest: Contest) -> int:
    """Records in the log."""
    return sum(contest.books.ends().values())


@pytest.mark.parametrize("route", ROUTES)
def test_a_vote_and_a_batch_come_to_each_door(contest: Contest, front: str, route: str) -> None:
    before = ends(contest)
    assert answered(front, route, post(Connection="close")).startswith(b"HTTP/1.1 202")
    batch = post(json.dumps(BATCH).encode(), Connection="close")
    assert answered(front, f"{route}/votes", batch).startswith(b"HTTP/1.1 202")
    assert ends(contest) - before == 1 + len(BATCH)


def test_the_pages_and_their_events_come_through(contest: Contest, front: str) -> None:
    await_counted(contest.books)
    assert "<html" in fetch(front, "/")
    assert json.loads(fetch(front, "/api/results"))["candidates"]
    stream = b"GET /api/results/stream HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n"
    assert b"event:" in answered(front, "/", stream)


@pytest.mark.parametrize("route", ROUTES)
def test_bad_http_is_as_many_votes_for_nginx_as_for_the_door(contest: Contest, front: str, route: str) -> None:
    """S-38: with a good vote behind each row, as many records as answers of 202, whatever hides in what."""
    before = ends(contest)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda row: answered(front, route, row.raw + post(Connection="close")), ROWS))
    accepted = sum(answer.count(b"HTTP/1.1 202") for answer in answers)
    assert ends(contest) - before == accepted
    assert accepted > 0
