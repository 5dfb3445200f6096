"""Listens for HTTP: takes connections in up to a limit, ends those whose deadline passed, and drains them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from rockola.ingest import answers
from rockola.ingest.addresses import is_loopback, spell_address, split_address
from rockola.ingest.http import Connection, Service

SWEEP = 0.25  # seconds between two looks at all deadlines: no request needs a timer
MOST_OF_AN_ADDRESS = 100  # connections, of one that is neither this machine nor a trusted proxy
BACKLOG = 1024


class Listener:
    """Holds at most `most` connections; `shared` tells addresses that stand for many clients."""

    def __init__(self, service: Service, most: int, shared: Callable[[str], bool], swept: Callable[[], None]) -> None:
        self._service, self._most, self._shared, self._swept = service, most, shared, swept
        self._service.refuse = self._refuse

    async def start(self, listen: str) -> str:
        """Listens at `host:port` and gives the address it got; OSError when it is taken."""
        self._loop = asyncio.get_running_loop()
        host, port = split_address(listen)
        self._service.now = self._loop.time()
        self._server = await self._loop.create_server(lambda: Connection(self._service), host, port, backlog=BACKLOG)
        self._timer = self._loop.call_later(SWEEP, self._sweep)
        return spell_address(*self._server.sockets[0].getsockname()[:2])

    async def drain(self, seconds: float) -> None:
        """Takes no more, lets each connection have its answers and cuts off what is left then."""
        self._service.draining = True
        self._server.close()
        self._service.gone.clear()
        for connection in list(self._service.connections):
            connection.drain()
        if self._service.connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._service.gone.wait(), seconds)
        self._timer.cancel()
        for connection in list(self._service.connections):
            connection.abort()
        await self._server.wait_closed()

    def _refuse(self, address: str) -> bytes:
        connections = self._service.connections
        if self._service.draining or len(connections) >= self._most:
            return answers.FULL
        if is_loopback(address) or self._shared(address):
            return b""
        theirs = sum(connection.address == address for connection in connections)
        return answers.LIMITED if theirs >= MOST_OF_AN_ADDRESS else b""

    def _sweep(self) -> None:
        self._service.now = now = self._loop.time()
        for connection in [connection for connection in self._service.connections if connection.deadline < now]:
            connection.expire()
        self._swept()
        self._timer = self._loop.call_later(SWEEP, self._sweep)
