"""The bare door, to compare with: rockola's gateway with nothing behind it, so that a vote is read, checked and
answered, and never appended. Usage: bare.py PORT.
"""

import asyncio
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import uvloop

from rockola.app import ended_by_signal
from rockola.ingest.gateway import Behind, Gateway, serve_gateway
from rockola.metrics import Metrics
from rockola.settings import Settings
from rockola.vote.body import BodyReader
from rockola.vote.contest import Contest
from rockola.vote.model import Place, Vote

offsets = count()


async def promise(votes: Sequence[Vote]) -> Sequence[Place]:
    """A place for each vote, that nothing is kept under."""
    await asyncio.sleep(0)
    return [Place("nothing-is-kept-here--", 0, next(offsets)) for _ in votes]


async def main(port: str) -> None:
    """Serves until SIGTERM."""
    settings = Settings(data=Path("nowhere"))
    gateway = Gateway(Behind(promise), BodyReader(b"secret", Contest()), settings, Metrics())
    ended = ended_by_signal()
    async with serve_gateway(gateway, f"127.0.0.1:{port}"):
        await ended.wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
