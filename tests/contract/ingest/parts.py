"""What a door is made of: a gateway and a server, each in Python on a thread of its own or in Rust as a process."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from prometheus_client import generate_latest

from contract.ingest.logs import Log
from rockola import failpoints
from rockola.ingest.gateway import Behind, Gateway, serve_gateway
from rockola.ingest.http import Deadlines
from rockola.ingest.listener import SWEEP
from rockola.ingest.rpc import Rpc, Waits, serve_ballot
from rockola.ingest.server import Ballot
from rockola.ingest.stub import open_stub
from rockola.metrics import Metrics
from rockola.opening import open_log_writer
from rockola.settings import Settings
from rockola.vote.body import BodyReader
from rockola.vote.codec import Ballots
from rockola.vote.contest import read_contest
from running import Process, fetch

SECRET = b"of a contest in a test, 32 bytes"
DRAIN = 2  # seconds, unless a test says otherwise


@dataclass(frozen=True)
class Given:
    """What a test asks of its door: settings by name, and what no setting says."""

    log: Log
    folder: Path
    contest: str = ""
    failpoints: str = ""
    deadlines: Deadlines = Deadlines()  # noqa: RUF009 # frozen
    waits: Waits = Waits()  # noqa: RUF009 # frozen
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A part at work: where it is, how it is told to end, what returns when it has, and its metrics."""

    addresses: tuple[str, ...]
    end: Callable[[], None]
    gone: Callable[[], object]
    metrics: Callable[[], str]


Serves = Callable[[AsyncExitStack, Given, Metrics], Awaitable[tuple[str, ...]]]


@contextmanager
def python(serve: Serves, given: Given) -> Iterator[Part]:
    """A part in this process, on a thread of its own."""
    started: Future[Part] = Future()
    metrics = Metrics()

    async def main() -> None:
        stop = asyncio.Event()
        soon = asyncio.get_running_loop().call_soon_threadsafe

        def end() -> None:
            with suppress(RuntimeError):  # it has ended already
                soon(stop.set)

        async with AsyncExitStack() as stack:
            failpoints.arm(given.failpoints)
            stack.callback(failpoints.arm, "")
            addresses = await serve(stack, given, metrics)
            started.set_result(Part(addresses, end, thread.join, lambda: generate_latest(metrics.registry).decode()))
            await stop.wait()

    def run() -> None:
        try:
            uvloop.run(main())
        except BaseException as error:
            started.set_exception(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    part = started.result(20)
    try:
        yield part
    finally:
        part.end()
        part.gone()


def settings_of(given: Given) -> Settings:
    """Those of a Python part."""
    return Settings(**{"drain": DRAIN} | given.settings)


async def start_server(stack: AsyncExitStack, given: Given, metrics: Metrics) -> tuple[str, Ballot]:
    """The Python server on the log."""
    writer = await open_log_writer(given.log.url)
    stack.push_async_callback(writer.close)
    ballot = Ballot(writer, metrics)
    watching = asyncio.create_task(ballot.watch())
    stack.callback(watching.cancel)
    settings = settings_of(given)
    rpc = Rpc(ballot, Ballots(SECRET, read_contest(given.contest)), metrics, given.waits)
    serving = serve_ballot(rpc, "127.0.0.1:0", settings.reflection, settings.drain)
    return await stack.enter_async_context(serving), ballot


async def start_gateway(stack: AsyncExitStack, given: Given, behind: Behind, metrics: Metrics) -> str:
    """The Python gateway in front of a server."""
    reader = BodyReader(SECRET, read_contest(given.contest))
    gateway = Gateway(behind, reader, settings_of(given), metrics, given.deadlines)
    return await stack.enter_async_context(serve_gateway(gateway, "127.0.0.1:0"))


async def python_both(stack: AsyncExitStack, given: Given, metrics: Metrics) -> tuple[str, ...]:
    """Server and gateway in one process, as `rockola up` has them."""
    grpc, ballot = await start_server(stack, given, metrics)
    behind = Behind(ballot.cast, lambda: ballot.ready)
    return grpc, await start_gateway(stack, given, behind, metrics)


async def python_server(stack: AsyncExitStack, given: Given, metrics: Metrics) -> tuple[str, ...]:
    """The server alone."""
    grpc, _ = await start_server(stack, given, metrics)
    return (grpc,)


def python_gateway(server: str) -> Serves:
    """The gateway alone, on its way to this server."""

    async def serve(stack: AsyncExitStack, given: Given, metrics: Metrics) -> tuple[str, ...]:
        stub = await stack.enter_async_context(open_stub(server))
        return (await start_gateway(stack, given, Behind(stub.cast, lambda: stub.ready), metrics),)

    return serve


@contextmanager
def rust(command: str, given: Given, **more: str) -> Iterator[Part]:
    """A part in Rust, as a process."""
    process = Process(given.folder / "data", command, kind="rust", **environment(given) | more)
    process.start()
    try:
        metrics = partial(fetch, process.address("metrics"), "/metrics")
        yield Part((process.address(command),), process.terminate, process.ended, metrics)
    finally:
        process.kill()


def environment(given: Given) -> dict[str, str]:
    """What a test asks, as a process is told."""
    late = {"headers": given.deadlines.head, "body": given.deadlines.body, "idle": given.deadlines.idle}
    waits = {name: seconds + SWEEP for name, seconds in late.items()}
    waits |= {"call": given.waits.call, "silence": given.waits.silence}
    told = {"drain": DRAIN, "log": given.log.url, "secret": SECRET.decode()} | given.settings
    told |= {"failpoints": given.failpoints, "waits": ",".join(f"{name}={wait}" for name, wait in waits.items())}
    if given.contest:
        contest = given.folder / "contest.toml"
        contest.write_text(given.contest)
        told["contest"] = contest
    return {f"ROCKOLA_{name.upper()}": str(value) for name, value in told.items()}
