"""A full house: 500 readers of the stream while votes come in, each with the newest numbers in the end."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from contract.web.serving import SONORA, Stores
from rockola.web.stream import SEATS

LATEST = re.compile(rb'"counted":(\d+),"verdicts"')
ROOM = 16_384  # bytes kept of what a reader was sent: more than an event


async def read(url: str, total: int) -> int:
    """A reader who stays until the total is told; how many events that were."""
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
    writer.write(b"GET /api/results/stream HTTP/1.1\r\nHost: x\r\n\r\n")
    told, events = b"", 0
    while not any(int(number) == total for number in LATEST.findall(told)):
        part = await reader.read(65_536)
        assert part, "the stream ended"
        events += part.count(b"event: results")
        told = (told + part)[-ROOM:]
    writer.close()
    return events


async def full_house(url: str, total: int) -> list[int]:
    """All of them at once."""
    return await asyncio.gather(*(read(url, total) for _ in range(SEATS)))


@contextmanager
def voting(stores: Stores, votes: int, seconds: float) -> Iterator[None]:
    """Counts that many votes meanwhile, spread over that time."""

    def count() -> None:
        for _ in range(votes // 10):
            stores.count(*[SONORA] * 10)
            time.sleep(seconds * 10 / votes)

    thread = threading.Thread(target=count)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize(
    ("votes", "seconds"), [(500, 3), pytest.param(5_000, 60, marks=pytest.mark.soak)], ids=["some seconds", "a minute"]
)
def test_l08_500_readers_all_have_the_newest_numbers(stores: Stores, url: str, votes: int, seconds: float) -> None:
    with voting(stores, votes, seconds):
        events = asyncio.run(full_house(url, votes))
    assert len(events) == SEATS
    assert httpx.get(f"{url}/api/results", timeout=30).json()["counted"] == votes
