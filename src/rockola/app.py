"""Puts the parts together: the only module that opens stores, and the only one that knows more than one part.

A part is imported where it is started: a process loads what it runs, and is up in half the time.
"""

import asyncio
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from typing import TYPE_CHECKING

import uvloop

from rockola import failpoints
from rockola.metrics import Metrics
from rockola.opening import open_archive, open_log_reader, open_log_writer, open_tally
from rockola.probes import probes
from rockola.rust import PROGRAM, find_door, open_rust_gateway
from rockola.serving import bound, serve, spelled
from rockola.settings import Settings
from rockola.tally import Totals
from rockola.vote.contest import Contest, read_contest
from rockola.wrong import WrongSetting, meant, told

PARTS = ("server", "consumer", "web", "gateway", "rust")  # in the order they start; they stop the other way round
TOKEN = re.compile(r"(?! )[\x20-\x7e]*(?<! )")  # what a header brings as it is
SWITCH = 0.0005  # seconds a thread holds the interpreter while another waits: consumer and gateway share it


if TYPE_CHECKING:
    from rockola.counting import Counting
    from rockola.ingest.gateway import Behind


class App:
    """One process: the parts it was asked for, what they share, and where they listen."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics()
        self._contest = contest_of(settings)
        self._secret = secret_of(settings)
        self._checks: list[Callable[[], bool]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()
        self._behind: Behind | None = None
        self.addresses: dict[str, str] = {}

    async def run(self, parts: Sequence[str], announce: Callable[[dict[str, str]], None]) -> None:
        """Runs the parts until SIGTERM, SIGINT or an error that ends the process; stops them in order."""
        ended = ended_by_signal()
        async with self._stack:
            await self._start_probes()
            for part in parts:
                await getattr(self, f"_start_{part}")()
            announce(self.addresses)
            ending = asyncio.create_task(ended.wait())
            done, _ = await asyncio.wait([ending, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _start_server(self) -> None:
        from rockola.ingest.gateway import Behind
        from rockola.ingest.rpc import Rpc, serve_ballot
        from rockola.ingest.server import Ballot
        from rockola.vote.codec import Ballots

        settings = self._settings
        writer = await open_log_writer(settings.url("log"))
        self._stack.push_async_callback(writer.close)
        ballot = Ballot(writer, self._metrics)
        rpc = Rpc(ballot, Ballots(self._secret, self._contest), self._metrics)
        with told("server_listen", settings.server_listen):
            bound(settings.server_listen).close()  # gRPC does not say why it cannot have a port
        serving_ballot = serve_ballot(rpc, settings.server_listen, settings.reflection, settings.drain)
        self.addresses["server"] = await self._stack.enter_async_context(serving_ballot)
        self._watch(ballot.watch())
        self._checks.append(lambda: ballot.ready)
        self._behind = Behind(ballot.cast, lambda: ballot.ready)

    async def _start_gateway(self) -> None:
        from rockola.ingest.gateway import Behind, Gateway, serve_gateway
        from rockola.vote.body import BodyReader

        settings = self._settings
        if self._behind is None:
            from rockola.ingest.stub import open_stub

            stub = await self._stack.enter_async_context(open_stub(settings.server))
            self._behind = Behind(stub.cast, lambda: stub.ready)
        reader = BodyReader(self._secret, self._contest)
        with meant("trusted_proxies"):
            gateway = Gateway(self._behind, reader, settings, self._metrics)
        with told("gateway_listen", settings.gateway_listen):
            address = await self._stack.enter_async_context(serve_gateway(gateway, settings.gateway_listen))
        self.addresses["gateway"] = address
        self._checks.append(lambda: gateway.ready)

    async def _start_rust(self) -> None:
        settings, server = self._settings, self.addresses["server"]
        if not settings.rust_listen:
            return
        if (door := find_door()) is None:
            self.addresses["left out"] = f"the gateway in Rust: there is no {PROGRAM}, `make rust` builds it"
            return
        with told("rust_listen", settings.rust_listen):
            bound(settings.rust_listen).close()
        gateway = await self._stack.enter_async_context(open_rust_gateway(door, settings, server))
        self.addresses["rust"] = gateway.address
        self._watch(gateway.watch())

    async def _start_consumer(self) -> None:
        from rockola.consumer import Consumer
        from rockola.counting import Counting

        settings = self._settings
        reader = self._stack.enter_context(closing(open_log_reader(settings.url("log"))))
        archive = self._stack.enter_context(closing(open_archive(settings.url("archive"))))
        tally = self._stack.enter_context(closing(open_tally(settings.url("tally"))))
        consumer = Consumer(reader, archive, tally, self._contest, settings.unreadable_limit)
        counting = Counting(consumer, reader, self._metrics)
        await self._stack.enter_async_context(self._counted(counting))
        self._checks.append(lambda: counting.is_ready)

    async def _start_web(self) -> None:
        from rockola.web.app import Show, build
        from rockola.web.serve import serve_web

        settings = self._settings
        require_private(settings, self._contest)
        tally = self._stack.enter_context(closing(open_tally(settings.url("tally"))))
        archive = self._stack.enter_context(closing(open_archive(settings.url("archive"))))
        app = build(tally, archive, self._metrics, Show(self._contest, settings.token, settings.data))
        with told("web_listen", settings.web_listen):
            listener = bound(settings.web_listen)
        self.addresses["web"] = spelled(listener)
        await self._serve(lambda ended: serve_web(app, listener, ended, settings.trusted_proxies))

    async def _start_probes(self) -> None:
        with told("metrics_listen", self._settings.metrics_listen):
            listener = bound(self._settings.metrics_listen)
        self.addresses["metrics"] = spelled(listener)
        app = probes(self._metrics, lambda: all(check() for check in self._checks))
        await self._serve(lambda ended: serve(app, listener, ended))

    async def _serve(self, work: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> None:
        """Lets something answer until it is told to end, when the parts that started after it have ended."""
        ended = asyncio.Event()
        task = asyncio.create_task(work(ended))
        self._tasks.append(task)
        self._stack.push_async_callback(asyncio.wait, [task])
        self._stack.callback(ended.set)

    def _watch(self, work: Coroutine[None, None, None]) -> None:
        """Lets something run beside the parts; what it raises ends the process."""
        task = asyncio.create_task(work)
        self._tasks.append(task)
        self._stack.callback(task.cancel)

    @asynccontextmanager
    async def _counted(self, counting: "Counting") -> AsyncIterator[None]:
        task = asyncio.create_task(asyncio.to_thread(counting.run))
        self._tasks.append(task)
        try:
            yield
        finally:
            counting.stop()
            await asyncio.wait([task])


def require_data(settings: Settings, *stores: str) -> None:
    """Refuses a data folder that is not there when one of the stores lies in it."""
    if not settings.data.is_dir() and any("{data}" in getattr(settings, store) for store in stores):
        raise WrongSetting(f"There is no data folder {settings.data}. Name another with --data.")


def totals_of(settings: Settings) -> Totals:
    """What is counted now; WrongSetting when there is no such count."""
    require_data(settings, "tally")
    with closing(open_tally(settings.url("tally"))) as tally:
        return tally.totals()


def ended_by_signal() -> asyncio.Event:
    """Set by SIGTERM and SIGINT."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    return ended


def contest_of(settings: Settings) -> Contest:
    """The contest of the setting's file; without one any band may be voted for. WrongSetting says what is wrong."""
    if settings.contest is None:
        return Contest()
    try:
        return read_contest(settings.contest.read_text())
    except (OSError, ValueError) as error:
        raise WrongSetting(f"The contest file {settings.contest} cannot be used: {error}") from error


def secret_of(settings: Settings) -> bytes:
    """The secret of the voter digests: the setting's, or one made once and kept in the data folder."""
    if settings.secret:
        return settings.secret.encode()
    path, own = settings.data / "secret", settings.data / f"secret.{os.getpid()}"
    settings.data.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        own.touch(mode=0o600)
        own.write_text(secrets.token_hex(32))
        with suppress(FileExistsError):  # another process was quicker
            os.link(own, path)
        own.unlink()
    return path.read_bytes()


def require_private(settings: Settings, contest: Contest) -> None:
    """Refuses to show single votes beyond this machine to whoever asks, or hidden results to everybody."""
    if not TOKEN.fullmatch(settings.token):
        raise WrongSetting("ROCKOLA_TOKEN must be ASCII, without a blank before or behind it: a header brings it.")
    if contest.results != "public" and not settings.token:
        raise WrongSetting("The contest hides its results from everybody but the organiser. Set ROCKOLA_TOKEN.")
    host = settings.web_listen.rpartition(":")[0].strip("[]")
    if host not in {"127.0.0.1", "::1", "localhost"} and not settings.token:
        raise WrongSetting(
            f"The pages would be open to everybody at {host}. Set ROCKOLA_TOKEN, or listen at 127.0.0.1."
        )


def start(settings: Settings, parts: Sequence[str], announce: Callable[[dict[str, str]], None]) -> None:
    """Runs the parts in this process until it is told to end.

    WrongSetting, Unavailable or BrokenPromise say why it cannot begin or go on.
    """
    with meant("failpoints"):
        failpoints.arm(settings.failpoints)
    sys.setswitchinterval(SWITCH)

    async def main() -> None:
        await App(settings).run(parts, announce)

    uvloop.run(main())
