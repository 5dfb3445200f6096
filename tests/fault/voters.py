"""The crowd of a fault test: sends votes over a few connections and writes a ledger of what each was promised."""

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

PATIENCE = 15.0  # seconds for an answer: longer than the gateway's own deadline
ALBUMS = ("Ash", "Bell", "Cedar")
BAD = b'{"name":"Band","album":"Ash","year":2000,"rank":11,"id":"%s"}'


@dataclass
class Promise:
    """A vote as it was sent, and what was answered: accepted, refused or unknown."""

    id: str
    album: str
    answer: str = "unknown"
    receipt: str | None = None


@dataclass
class Crowd:
    """Votes at one or several doors, a tenth of them repeats, a fiftieth with another choice, a twentieth bad.

    A crowd that is `honest` sends good votes only, each of its own; it ends after `most` of them.
    """

    doors: Sequence[str]  # host:port or host:port/route
    rng: random.Random
    repeat_unknown: bool = True
    honest: bool = False
    most: int | None = None
    rest: float = 0  # seconds between two votes of a voter
    name: str = "voter"  # what its ids begin with
    ledger: list[Promise] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)  # 0 is a connection that gave no answer
    flying: Counter[str] = field(default_factory=Counter)  # requests under way, by door
    going: bool = True

    async def vote(self, connections: int = 8) -> None:
        """Votes until `going` is unset."""
        await asyncio.gather(*(self._voter(number) for number in range(connections)))

    def settled(self) -> Counter[str]:
        """How many promises ended how."""
        return Counter(promise.answer for promise in self.ledger)

    async def cast_fresh(self, name: str) -> None:
        """One vote of that id."""
        promise = Promise(name, "Ash")
        self.ledger.append(promise)
        lines: dict[str, Line] = {}
        await self._cast(lines, promise, body_of(promise))
        hang_up(lines)

    async def _voter(self, number: int) -> None:
        lines: dict[str, Line] = {}
        for turn in itertools.count():
            if not self.going or len(self.ledger) == self.most:
                break
            promise, body = self._choose(f"{self.name}-{number}-{turn}")
            self.ledger.append(promise)
            await self._cast(lines, promise, body)
            await asyncio.sleep(self.rest)
        hang_up(lines)

    def _choose(self, fresh: str) -> tuple[Promise, bytes]:
        chance = 1.0 if self.honest else self.rng.random()
        if chance < 0.05:
            return Promise(fresh, "Ash"), BAD % fresh.encode()
        known = [one for one in self.ledger[-50:] if one.answer == "accepted"]
        if chance < 0.15 and known:
            before = self.rng.choice(known)
            album = before.album if chance < 0.13 else self.rng.choice(ALBUMS)
            promise = Promise(before.id, album)
        else:
            promise = Promise(fresh, self.rng.choice(ALBUMS))
        return promise, body_of(promise)

    async def _cast(self, lines: dict[str, "Line"], promise: Promise, body: bytes) -> None:
        while True:
            status, answer = await self._ask(lines, body)
            self.statuses[status] += 1
            if status == 202:
                promise.answer, promise.receipt = "accepted", answer["receipt"]
            elif 400 <= status < 500:
                promise.answer = "refused"
            elif self.repeat_unknown:
                await asyncio.sleep(0.02)
                if self.going or promise.answer == "unknown":
                    continue
            return

    async def _ask(self, lines: dict[str, "Line"], body: bytes) -> tuple[int, dict[str, str]]:
        """The answer of some door; 0 when there was none."""
        door = self.rng.choice(self.doors)
        self.flying[door] += 1
        try:
            return await lines.setdefault(door, Line(door)).ask(body)
        finally:
            self.flying[door] -= 1


class Line:
    """A connection to a door, kept while it lasts."""

    def __init__(self, door: str) -> None:
        place, _, route = door.partition("/")
        self._host, _, self._port = place.partition(":")
        self._route = route or "grpc"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, body: bytes) -> tuple[int, dict[str, str]]:
        """The status and JSON of the answer to a vote; 0 when none came."""
        head = f"POST /{self._route} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self._connected()
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                answer = await reader.readuntil(b"\r\n\r\n")
                length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                told = json.loads(await reader.readexactly(length))
            if b"connection: close" in answer.lower():
                self.close()
            return int(answer.split(b" ", 2)[1]), told
        except (OSError, TimeoutError, EOFError, ValueError):
            self.close()
            return 0, {}

    def close(self) -> None:
        """Ends the connection at once."""
        if self._writer:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._reader.at_eof() or self._writer is None:
            self.close()
            self._reader, self._writer = await asyncio.open_connection(self._host, int(self._port))
        return self._reader, self._writer


def hang_up(lines: dict[str, Line]) -> None:
    """Ends every connection of a voter."""
    for line in lines.values():
        line.close()


def body_of(promise: Promise) -> bytes:
    """The vote as it is sent."""
    vote = {"name": "Band", "album": promise.album, "year": 2000, "rank": "7.5", "id": promise.id}
    return json.dumps(vote).encode()
