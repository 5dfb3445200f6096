"""Requests mangled at random: both gateways find the same votes in them, and what they refuse they refuse alike."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from contract.ingest.logs import SqliteLog
from contract.ingest.mangling import mangled
from contract.ingest.parts import Given, python, python_gateway, python_server, rust
from contract.ingest.rows import ROWS
from contract.ingest.wire import Wire, post

REQUESTS = 600
MOST = 2  # changes of a request
WRITTEN = [row.raw for row in ROWS if len(row.raw) < 2000] + [post(), post() * 2, post(Connection="close")]
PIECES = (
    *(b"\r\n", b"\n", b"\r", b" ", b":", b"\t", b"\0", b"0\r\n\r\n", b"5\r\n", b";a=b", b"?x", b"/", b",", b"\xff"),
    *(
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Host: b\r\n",
        b"Connection: close\r\n",
        b"HTTP/1.0",
    ),
    *(b"Expect: 100-continue\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
)
Gateways = tuple[tuple[str, str], tuple[str, str]]


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    """Address and route of a gateway in Python and of one in Rust, in front of one server."""
    folder = tmp_path_factory.mktemp("mangled")
    with ExitStack() as stack, closing(SqliteLog(folder)) as log:
        given = Given(log, folder)
        (server,) = stack.enter_context(python(python_server, given)).addresses
        (one,) = stack.enter_context(python(python_gateway(server), given)).addresses
        (other,) = stack.enter_context(rust("gateway", given, ROCKOLA_SERVER=server)).addresses
        yield (one, "/grpc"), (other, "/rust")


def accepted(gateway: tuple[str, str], raw: bytes) -> int:
    """How many votes a gateway finds in these bytes."""
    with Wire(*gateway) as wire:
        wire.send(raw)
        wire.send_nothing_more()
        answers = iter(wire.answer, None)
        return sum(answer.status == 202 for answer in answers if answer)


def test_both_gateways_find_the_same_votes(gateways: Gateways, request: pytest.FixtureRequest) -> None:
    rng = random.Random(request.config.getoption("seed"))
    sent = [mangled(rng, WRITTEN, PIECES, MOST) for _ in range(REQUESTS)]
    found = [(raw, *(accepted(gateway, raw) for gateway in gateways)) for raw in sent]
    assert [(raw, one, other) for raw, one, other in found if one != other] == []


def test_a_gateway_is_well_after_all_of_them(gateways: Gateways) -> None:
    assert [accepted(gateway, post()) for gateway in gateways] == [1, 1]
