"""How long a vote takes to be seen: from the planned moment of sending to the event whose count includes it."""

import asyncio
import re
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from urllib.parse import urlsplit

import uvloop

from doors import Fresh
from figures import Figure
from generator import JSON, percentile, vote
from processes import Failed, Running, rockola
from rockola.send.client import Client, read_address

RATE = 1000  # votes a second
CONNECTIONS = 64
LEAD, REST, PATIENCE = 0.5, 5.0, 60.0  # seconds before the first vote, at most after the last, and for the readers
COUNTED = re.compile(rb'"counted":(\d+)')


def latency(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """Milliseconds from a vote to the stream, at a rate that does not wait for answers."""
    with rockola("up", fresh()) as running:
        yield from figures("stream", running, RATE, seconds)


def figures(name: str, running: Running, rate: int, seconds: float, readers: int = 0) -> Iterator[Figure]:
    """The latencies of a system that is up, at so many votes a second, with more readers of the same."""
    late, events = uvloop.run(watched(running, rate, int(rate * seconds), readers))
    details = {"rate": rate, "votes": len(late), "events": events, "p50_ms": percentile(late, 50)}
    details |= {"p999_ms": percentile(late, 99.9), "worst_ms": percentile(late, 100)}
    yield Figure(f"{name}_p50", percentile(late, 50), "ms")
    yield Figure(f"{name}_p99", percentile(late, 99), "ms", details)


async def watched(running: Running, rate: int, votes: int, readers: int) -> tuple[list[float], int]:
    """For each vote, the seconds from its planned sending until the stream had shown as many; and the events seen."""
    seen, begun = list[tuple[int, float]](), asyncio.Event()
    url = running.url("web", "/api/results/stream")
    others = [asyncio.create_task(watch(url, votes, [], asyncio.Event())) for _ in range(readers)]
    watching = asyncio.create_task(watch(url, votes, seen, begun))
    await asyncio.wait_for(begun.wait(), PATIENCE)
    began = time.monotonic() + LEAD
    await send(running.url("gateway", "/grpc"), rate, votes, began)
    with suppress(TimeoutError):
        await asyncio.wait_for(watching, REST)
    for other in others:
        other.cancel()
    counts = [number for number, _ in seen]
    if counts[-1] < votes:
        raise Failed(f"the stream showed {counts[-1]} of {votes} votes")
    shown = [seen[bisect_left(counts, number)][1] for number in range(1, votes + 1)]
    return [moment - began - number / rate for number, moment in enumerate(shown)], len(seen)


async def send(url: str, rate: int, votes: int, began: float) -> None:
    """Sends each vote at its moment, or as soon after it as a connection is free; Failed when one is not accepted."""
    numbers = count()

    async def work() -> None:
        client = Client(read_address(url))
        while (number := next(numbers)) < votes:
            await asyncio.sleep(began + number / rate - time.monotonic())
            if (answer := await client.post("", JSON, vote(number))).status != 202:
                raise Failed(f"the gateway answers {answer.status}")
        client.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(work())


async def watch(url: str, votes: int, seen: list[tuple[int, float]], begun: asyncio.Event) -> None:
    """Notes each count that the stream shows, and when, up to the last vote."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    while not seen or seen[-1][0] < votes:
        line = await reader.readline()
        if found := COUNTED.search(line):
            seen.append((int(found[1]), time.monotonic()))
            begun.set()
        elif not line:
            raise Failed("the stream ended")
    writer.close()
