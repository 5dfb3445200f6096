"""The crowd of a fault test: sends votes over a few connections and writes a ledger of what each was promised."""

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

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
    """Votes at one or several doors, a tenth of them repeats, a fiftieth with another choice, a twentieth bad."""

    doors: Sequence[str]  # host:port
    rng: random.Random
    repeat_unknown: bool = True
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
        await self._cast(promise, body_of(promise))

    async def _voter(self, number: int) -> None:
        for turn in itertools.count():
            if not self.going:
                return
            promise, body = self._choose(f"voter-{number}-{turn}")
            self.ledger.append(promise)
            await self._cast(promise, body)

    def _choose(self, fresh: str) -> tuple[Promise, bytes]:
        chance = self.rng.random()
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

    async def _cast(self, promise: Promise, body: bytes) -> None:
        while True:
            status, answer = await self._ask(body)
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

    async def _ask(self, body: bytes) -> tuple[int, dict[str, str]]:
        """The answer of some door; 0 when there was none."""
        door = self.rng.choice(self.doors)
        host, port = door.split(":")
        head = f"POST /grpc HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer = None
        self.flying[door] += 1
        try:
            async with asyncio.timeout(15):
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(head.encode() + body)
                answer = await reader.read()
            return int(answer.split(b" ", 2)[1]), json.loads(answer.partition(b"\r\n\r\n")[2])
        except (OSError, TimeoutError, IndexError, json.JSONDecodeError):
            return 0, {}
        finally:
            self.flying[door] -= 1
            if writer:
                writer.transport.abort()


def body_of(promise: Promise) -> bytes:
    """The vote as it is sent."""
    vote = {"name": "Band", "album": promise.album, "year": 2000, "rank": "7.5", "id": promise.id}
    return json.dumps(vote).encode()
