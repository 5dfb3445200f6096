"""Server-sent events: who may listen, and how a reader who does not read is let go."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from fastapi import Response
from prometheus_client import Gauge
from starlette.types import Receive, Scope, Send

from rockola.web.live import Frame, Live
from rockola.web.problems import RETRY, Problem
from rockola.web.results import Results, Sight

SEATS, SEATS_OF_ADDRESS = 500, 10
PATIENCE = 5.0  # seconds a reader may leave 64 KB unread: the server waits with more than that queued
ABORT = "rockola.abort"  # the extension of the scope that ends a connection without waiting for its reader


class Seats:
    """The readers at one time, in all and per address; this machine may have them all."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, address: str) -> Iterator[None]:
        """A seat; Problem when there is none."""
        if self._taken.total() >= SEATS:
            raise Problem(503, "too_many_streams", "as many readers as can be served: ask again", headers=RETRY)
        if self._taken[address] >= SEATS_OF_ADDRESS and not _is_loopback(address):
            raise Problem(429, "too_many_streams", f"{SEATS_OF_ADDRESS} streams an address", headers=RETRY)
        self._taken[address] += 1
        self._gauge.inc()
        try:
            yield
        finally:
            self._gauge.dec()
            self._taken[address] -= 1
            self._taken += Counter()  # forgets addresses without a reader


class Stream(Response):
    """The answer that lasts: states of the results until the reader goes, or the server does."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, seats: Seats, sight: Callable[[Results], Sight], rest: float) -> None:
        """`rest` are the seconds that lie between two states at least; what comes meanwhile is told together."""
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["Content-Length"]
        self._live, self._seats, self._sight, self._rest = live, seats, sight, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers; an error before the first state is a problem."""
        address = scope["client"][0] if scope.get("client") else ""
        with self._seats.taken(address), self._live.reading():
            first = await self._live.now()
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            pouring = asyncio.create_task(self._pour(first, send))
            leaving = asyncio.create_task(_left(receive))
            try:
                await asyncio.wait({pouring, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if pouring.done():
                    pouring.result()
            except TimeoutError:
                await let_go(scope, receive)
            finally:
                pouring.cancel()
                leaving.cancel()

    async def _pour(self, frame: Frame | None, send: Send) -> None:
        seen = None
        while frame:
            event = self._live.heartbeat() if frame is seen else frame.event(self._sight(frame.results))
            async with asyncio.timeout(PATIENCE):
                await send({"type": "http.response.body", "body": event, "more_body": True})
            await asyncio.sleep(self._rest)
            seen, frame = frame, await self._live.after(frame)
        await send({"type": "http.response.body"})


async def let_go(scope: Scope, receive: Receive) -> None:
    """Ends the connection of a reader who does not read."""
    if abort := scope.get("extensions", {}).get(ABORT):
        abort()
        await _left(receive)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
