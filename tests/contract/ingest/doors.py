"""The doors under test: a gateway and its server on a log of their own, each a line of DOORS."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, AsyncExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from contract.ingest.wire import Answer, Wire, post
from rockola import failpoints
from rockola.ingest.gateway import Behind, Gateway, serve_gateway
from rockola.ingest.http import Deadlines
from rockola.ingest.rpc import Rpc, Waits, serve_ballot
from rockola.ingest.server import Ballot
from rockola.metrics import Metrics
from rockola.opening import open_log_writer
from rockola.settings import Settings
from rockola.vote.body import BodyReader
from rockola.vote.codec import Ballots
from rockola.vote.contest import read_contest

SECRET = b"of a contest in a test, 32 bytes"
CATALOGUE = """
[[candidates]]
name = "Bohemia Suburbana"
album = "Mis palabras"
"""


@dataclass(frozen=True)
class Door:
    """Addresses of one door, the route of a vote, and the file its votes are in."""

    http: str
    grpc: str
    log: Path
    route: str = "/grpc"
    end: Callable[[], None] = lambda: None

    def wire(self) -> Wire:
        """A connection to its gateway."""
        return Wire(self.http, self.route)

    def ask(self, raw: bytes) -> Answer:
        """The answer to one request on a connection of its own."""
        with self.wire() as wire:
            wire.send(raw)
            return wire.must_answer()

    def vote(self, body: bytes | None = None, **headers: str) -> Answer:
        """The answer to one vote, a good one unless told otherwise."""
        return self.ask(post(body, **headers))

    def count(self) -> int:
        """Records in the log, asked by SQL."""
        with closing(sqlite3.connect(self.log)) as connection:
            return int(connection.execute("SELECT count(*) FROM records").fetchone()[0])

    def newest(self) -> str:
        """The newest record as it lies in the log."""
        with closing(sqlite3.connect(self.log)) as connection:
            return str(connection.execute("SELECT record FROM records ORDER BY offset DESC LIMIT 1").fetchone()[0])

    @contextmanager
    def blocked_log(self) -> Iterator[None]:
        """While it lasts, no append returns: somebody else holds the file."""
        with closing(sqlite3.connect(self.log, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")


@contextmanager
def python_door(folder: Path, contest: str = "", **settings: Any) -> Iterator[Door]:
    """The Python gateway and server in this process, on a thread of their own."""
    log = folder / "log.db"
    started: Future[Door] = Future()

    async def main() -> None:
        stop = asyncio.Event()
        soon = asyncio.get_running_loop().call_soon_threadsafe

        def end() -> None:
            with suppress(RuntimeError):  # it has ended already
                soon(stop.set)

        async with AsyncExitStack() as stack:
            grpc, http = await _start(stack, log, contest, settings)
            started.set_result(Door(http, grpc, log, end=end))
            await stop.wait()

    def run() -> None:
        try:
            uvloop.run(main())
        except BaseException as error:
            started.set_exception(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    door = started.result(10)
    try:
        yield door
    finally:
        door.end()
        thread.join()


async def _start(stack: AsyncExitStack, log: Path, contest: str, values: dict[str, Any]) -> tuple[str, str]:
    deadlines, waits = values.pop("deadlines", Deadlines()), values.pop("waits", Waits())
    failpoints.arm(values.get("failpoints", ""))
    stack.callback(failpoints.arm, "")
    settings, metrics, rules = Settings(**{"drain": 2} | values), Metrics(), read_contest(contest)
    writer = await open_log_writer(f"sqlite:///{log}")
    stack.push_async_callback(writer.close)
    ballot = Ballot(writer, metrics)
    watching = asyncio.create_task(ballot.watch())
    stack.callback(watching.cancel)
    rpc = Rpc(ballot, Ballots(SECRET, rules), metrics, waits)
    grpc = await stack.enter_async_context(serve_ballot(rpc, "127.0.0.1:0", settings.reflection, settings.drain))
    behind = Behind(ballot.cast, lambda: ballot.ready)
    gateway = Gateway(behind, BodyReader(SECRET, rules), settings, metrics, deadlines)
    return grpc, await stack.enter_async_context(serve_gateway(gateway, "127.0.0.1:0"))


Opens = Callable[..., AbstractContextManager[Door]]
DOORS: dict[str, Opens] = {"python": python_door}
