"""A gateway in a process of its own, when its server is away, keeps silent, or when a request breaks its reader."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from contract.ingest.conftest import Opened
from contract.ingest.doors import Door
from contract.ingest.logs import SqliteLog
from contract.ingest.parts import Given, Part, python, python_gateway, python_server, rust
from contract.ingest.wire import Wire, get, post
from rockola.ingest.rpc import Waits
from running import free_port


def in_python(stack: ExitStack, given: Given, server: str) -> Part:
    """A gateway on its way to a server."""
    return stack.enter_context(python(python_gateway(server), given))


def in_rust(stack: ExitStack, given: Given, server: str) -> Part:
    """The same."""
    return stack.enter_context(rust("gateway", given, ROCKOLA_SERVER=server))


@pytest.fixture(params=[(in_python, "/grpc"), (in_rust, "/rust")], ids=["python", "rust"])
def alone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    """A gateway whose server nobody started."""
    start, route = request.param
    server = f"127.0.0.1:{free_port()}"
    with ExitStack() as stack, closing(SqliteLog(tmp_path)) as log:
        part = start(stack, Given(log, tmp_path), server)
        yield Door(*part.addresses, server, log, (part,), route)


def test_a_gateway_without_its_server_says_that_nothing_was_taken_in(alone: Door) -> None:
    answer = alone.vote()
    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")


def test_a_gateway_without_its_server_lives_and_is_not_ready(alone: Door) -> None:
    assert [alone.ask(get(target)).status for target in ("/healthz", "/readyz")] == [200, 503]


def test_a_gateway_goes_on_when_its_server_ended_a_silent_stream(opened: Opened) -> None:
    with opened(waits=Waits(silence=0.2)).wire() as wire:
        wire.send(post())
        assert (wire.must_answer().status, wire.is_quiet(0.6)) == (202, True)
        wire.send(post())
        assert wire.must_answer().status == 202


def test_f08_a_request_that_breaks_its_reader_fails_alone(tmp_path: Path) -> None:
    with ExitStack() as stack, closing(SqliteLog(tmp_path)) as log:
        given = Given(log, tmp_path)
        (server,) = stack.enter_context(python(python_server, given)).addresses
        points = {"ROCKOLA_SERVER": server, "ROCKOLA_FAILPOINTS": "gateway.read=panic"}
        gateway = stack.enter_context(rust("gateway", given, **points))
        with Wire(*gateway.addresses, "/rust") as wire:
            wire.send(post() * 2)
            assert ([wire.must_answer().status, wire.must_answer().status], log.count()) == ([503, 202], 1)
