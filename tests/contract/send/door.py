"""A door that answers as it is told to, and remembers what it was asked."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

RECEIPT = "abcdefghijklmnopqrstuv.0.7"
PROBLEM = '{"title":"x","status":%d,"code":"%s","field":"album","detail":"is not in the catalogue"}'


class Reply(NamedTuple):
    """What a door does with one request: `takes` its votes in or not, and answers, or ends the connection."""

    takes: bool
    status: int = 0
    body: str = ""
    headers: str = ""
    delay: float = 0


class Asked(NamedTuple):
    """A request as it came."""

    time: float
    head: str
    ids: Sequence[str]


class Door:
    """A door at a port of its own, in a thread of its own. `plan` are its next replies; behind them it accepts."""

    def __init__(self) -> None:
        self.plan: list[Reply] = []
        self.usual = Reply(True, 202)
        self.taken: Counter[str] = Counter()
        self.asked: list[Asked] = []
        self.connections = self.busiest = self._busy = 0
        self._ready, self._ended = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Ends it, if it has not ended."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/grpc"
        self._ready.set()
        async with server:
            await self._ended.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # transports close

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._answer(reader, writer):
                    pass
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = await reader.readexactly(int(head.partition("Content-Length: ")[2].split()[0]))
        ids = [json.loads(line)["id"] for line in body.split(b"\n")]
        self.asked.append(Asked(time.monotonic(), head, ids))
        reply = self.plan.pop(0) if self.plan else self.usual
        self.taken.update(ids if reply.takes else [])
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        await asyncio.sleep(reply.delay)
        self._busy -= 1
        writer.write(written(reply, head, ids))
        await writer.drain()
        return bool(reply.status)


def written(reply: Reply, head: str, ids: Sequence[str]) -> bytes:
    """The bytes of a reply; none when it has no status."""
    if not reply.status:
        return b""
    accepted = [{"status": 202, "id": own, "receipt": RECEIPT} for own in ids]
    usual = json.dumps({"votes": accepted} if "/votes HTTP" in head else accepted[0])
    body = (reply.body or (usual if reply.status == 202 else PROBLEM % (reply.status, "unknown"))).encode()
    return f"HTTP/1.1 {reply.status} x\r\n{reply.headers}Content-Length: {len(body)}\r\n\r\n".encode() + body
