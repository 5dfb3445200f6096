"""A log's writer as tests use it: open while something is done with it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rockola.eventlog import Keyed, LogWriter
from rockola.opening import open_log_writer
from rockola.vote.errors import Unavailable
from running import PATIENCE

Made = TypeVar("Made")


def written(url: str, work: Callable[[LogWriter], Awaitable[Made]]) -> Made:
    """What `work` makes of the log's writer."""

    async def main() -> Made:
        writer = await open_log_writer(url)
        try:
            return await work(writer)
        finally:
            await writer.close()

    return asyncio.run(main())


async def accepted(writer: LogWriter, records: Sequence[Keyed]) -> float:
    """Appends until it is answered with places; how many seconds that took."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < PATIENCE:
        try:
            await writer.append(records)
        except Unavailable:
            await asyncio.sleep(0.02)
        else:
            return waited
    raise AssertionError(f"nothing was accepted within {PATIENCE} s")
