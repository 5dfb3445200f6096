"""The live results: one poller for all readers, at work only while there are any; each gets the newest full state."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from rockola.web.query import MOST_EVENTS
from rockola.web.results import Results, Sight
from rockola.web.veil import veiled
from rockola.web.watch import Reading, Watch

PAUSE = 0.04  # seconds between looks: a vote is shown within 100 ms
CALM = 1 / MOST_EVENTS  # seconds after a change
CALM_BYTES = 2_000_000  # a second to one reader: long results are sent less often
HEARTBEAT = 15.0  # seconds


class Frame:
    """A state, and the events that tell as much of it as a reader may see, each made once."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self._events: dict[Sight, bytes] = {}

    def event(self, sight: Sight) -> bytes:
        """The event for a reader who may see this."""
        if sight not in self._events:
            self._events[sight] = event_of(veiled(self.results, sight))
        return self._events[sight]


class Live:
    """Belongs to one event loop; `close` ends every reader."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._readers = 0
        self._closed = False
        self._reading: Reading | None = None
        self._frame: Frame | None = None
        self._poller: asyncio.Task[None] | None = None
        self._next: asyncio.Future[Frame | None]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keeps the poller at work."""
        self._readers += 1
        if self._poller is None or self._poller.done():
            self._next = asyncio.get_running_loop().create_future()
            self._poller = asyncio.create_task(self._poll())
        try:
            yield
        finally:
            self._readers -= 1

    async def now(self) -> Frame | None:
        """The state at this moment; Unavailable when the tally is away and there never were results."""
        self._show(await asyncio.to_thread(self._watch.look))
        return self._frame

    async def after(self, seen: Frame) -> Frame | None:
        """The newest state once it is another than the one seen, or after HEARTBEAT all the same; None at the end."""
        if self._closed or self._frame is not seen:
            return None if self._closed else self._frame
        try:
            return await asyncio.wait_for(asyncio.shield(self._next), HEARTBEAT)
        except TimeoutError:
            return self._frame

    def heartbeat(self) -> bytes:
        """The event that says since when nothing changed is known."""
        return b"event: heartbeat\ndata: %s\n\n" % msgspec.json.encode(
            {"as_of": self._reading and self._reading.results.as_of}
        )

    def close(self) -> None:
        """Ends every reader."""
        self._closed = True
        if self._poller and not self._poller.done():
            self._tell(None)

    async def _poll(self) -> None:
        try:
            while self._readers and not self._closed:
                pause = self._show(await asyncio.to_thread(self._watch.look))
                await asyncio.sleep(pause)
        except Exception as error:  # whoever reads is told, each once
            self._next.set_exception(error)
            self._next.exception()  # also when nobody reads any more

    def _show(self, reading: Reading) -> float:
        """Hands the results to the readers if they are news; the seconds to the next look."""
        if self._reading and reading.number < self._reading.number:
            return PAUSE  # threads may come back in another order
        self._reading = reading
        if self._frame and told_of(self._frame.results) == told_of(reading.results):
            return PAUSE
        self._frame = Frame(reading.results)
        self._tell(self._frame)
        return CALM + len(self._frame.event("all")) / CALM_BYTES

    def _tell(self, frame: Frame | None) -> None:
        told, self._next = self._next, asyncio.get_running_loop().create_future()
        told.set_result(frame)


def event_of(results: Results) -> bytes:
    """The event `results`; its id says what it holds at."""
    places = ",".join(f"{partition}:{position}" for partition, position in results.positions.items())
    data = msgspec.json.encode(results)
    return b"event: results\nid: %s/%s\ndata: %s\n\n" % ((results.generation or "-").encode(), places.encode(), data)


def told_of(results: Results) -> tuple[object, ...]:
    """What makes a state another one; the counts follow from it."""
    return results.generation, results.positions, results.rebuilds, results.state, results.revealed
