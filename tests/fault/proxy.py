"""A link between rockola and a service that a test cuts: it passes, refuses, falls silent, or answers late."""

import asyncio
import socket
from asyncio import Event, StreamReader, StreamWriter
from contextlib import suppress
from threading import Thread

HOST = "127.0.0.1"
PIECE = 65_536
LOOK = 0.02  # seconds between two looks at what the link shall do


class Link:
    """A port of its own that leads to the port `target`; what is on its way in a silence arrives after it."""

    def __init__(self) -> None:
        listener = socket.create_server((HOST, 0))
        self.port: int = listener.getsockname()[1]
        self.target = 0
        self.refuses = False  # resets what is connected and what tries to be
        self.silent = False  # nothing arrives at either end, and nobody is told
        self.late = 0.0  # seconds that each answer takes longer
        self._ended = False
        self._thread = Thread(target=lambda: asyncio.run(self._work(listener)))
        self._thread.start()

    def close(self) -> None:
        """Ends it with all its connections."""
        self._ended = True
        self._thread.join()

    async def _work(self, listener: socket.socket) -> None:
        async with await asyncio.start_server(self._serve, sock=listener):
            while not self._ended:  # noqa: ASYNC110 # set by another thread, as is `silent`
                await asyncio.sleep(LOOK)

    async def _serve(self, reader: StreamReader, near: StreamWriter) -> None:
        try:
            await self._spoken()
            if not self.refuses:
                await self._join(reader, near)
        except OSError:
            pass  # the target is away: so is the link
        finally:
            near.transport.abort()

    async def _join(self, reader: StreamReader, near: StreamWriter) -> None:
        """Returns when one of the ends has hung up, or the link is cut."""
        answers, far = await asyncio.open_connection(HOST, self.target)
        asked = Event()
        ways = [asyncio.create_task(way) for way in (self._ask(reader, far, asked), self._answer(answers, near, asked))]
        try:
            while not any(way.done() for way in ways) and not self.refuses:
                await asyncio.wait(ways, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            far.transport.abort()

    async def _ask(self, near: StreamReader, far: StreamWriter, asked: Event) -> None:
        with suppress(OSError):
            while data := await near.read(PIECE):
                await self._spoken()
                asked.set()
                far.write(data)

    async def _answer(self, far: StreamReader, near: StreamWriter, asked: Event) -> None:
        with suppress(OSError):
            while data := await far.read(PIECE):
                await self._spoken()
                if asked.is_set():  # the first piece of an answer
                    asked.clear()
                    await asyncio.sleep(self.late)
                near.write(data)

    async def _spoken(self) -> None:
        while self.silent:  # noqa: ASYNC110
            await asyncio.sleep(LOOK)
