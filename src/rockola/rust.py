"""The gateway in Rust beside the parts in Python: a child process on a leash, where its program is to be had."""

import asyncio
import os
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from rockola.settings import Settings
from rockola.vote.errors import Unavailable

PROGRAM = "rockola-door"
NAME = "gateway in Rust"
UP = b"rockola is up"
ROUTE = b"/rust"
STARTS = 10.0  # seconds until it is up, as long as Kafka has to make a topic; it takes milliseconds
SHARED = (
    "data",
    "contest",
    "secret",
    "queue",
    "connections",
    "address_rate",
    "voter_rate",
    "hosts",
    "trusted_proxies",
    "drain",
)


def find_door() -> str | None:
    """The program: on the PATH, or where `make rust` leaves it."""
    cache = os.environ.get("ROCKOLA_CACHE") or Path.home() / ".cache" / "rockola"  # where builds go: no setting of ours
    return shutil.which(PROGRAM) or shutil.which(PROGRAM, path=Path(cache) / "rust" / "release")


class RustGateway:
    """The child; `address` is where it takes votes."""

    def __init__(self, process: Process, address: str) -> None:
        self._process, self.address = process, address

    async def watch(self) -> None:
        """Raises Unavailable once it ends by itself."""
        await self._process.wait()
        raise Unavailable(NAME)

    async def stop(self, seconds: float) -> None:
        """Lets it answer what is in flight, for so long."""
        if self._process.returncode is None:
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def open_rust_gateway(door: str, settings: Settings, server: str) -> AsyncIterator[RustGateway]:
    """The gateway in front of the server at `host:port`, once it takes votes; stopped at the end."""
    process = await asyncio.create_subprocess_exec(  # in a session of its own: Ctrl-C is for us to pass on
        door, "gateway", stdin=PIPE, stdout=PIPE, env=environment(settings, server), start_new_session=True
    )
    try:
        yield RustGateway(process, await await_up(process))
    finally:
        await RustGateway(process, "").stop(settings.drain + 2)


def environment(settings: Settings, server: str) -> Mapping[str, str]:
    """What it is told: our settings, and that it ends with us, whatever ends us."""
    shared = {name: getattr(settings, name) for name in SHARED}
    told = {f"ROCKOLA_{name.upper()}": str(value) for name, value in shared.items() if value is not None}
    own = {
        "ROCKOLA_GATEWAY_LISTEN": settings.rust_listen,
        "ROCKOLA_SERVER": server,
        "ROCKOLA_METRICS_LISTEN": "127.0.0.1:0",
        "ROCKOLA_FAILPOINTS": "",
        "ROCKOLA_LEASH": "1",
    }
    return os.environ | told | own


async def await_up(process: Process) -> str:
    """Its address; Unavailable when it ends first, after it said why, or does not say in time that it is up."""
    assert process.stdout  # noqa: S101 # it is a pipe
    try:
        return await asyncio.wait_for(_address(process.stdout), STARTS)
    except TimeoutError:
        raise Unavailable(NAME) from TimeoutError(f"it did not say within {STARTS:.0f} s that it is up")


async def _address(said: asyncio.StreamReader) -> str:
    address = ""
    async for line in said:
        if line.rstrip().endswith(ROUTE):
            address = line.decode().split("//")[1].partition("/")[0]
        if line.startswith(UP):
            return address
    raise Unavailable(NAME)
