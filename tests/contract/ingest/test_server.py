"""The server's heart on a real log: places once they are durable, and an end when the log breaks its promise."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from rockola.ingest.server import Ballot
from rockola.metrics import Metrics
from rockola.opening import open_log_writer
from rockola.vote.errors import Unavailable, WrongLog
from rockola.vote.model import Vote

VOTE = Vote("Bohemia Suburbana", "Mis palabras", 1997, 950)
MONDAY = 1_700_000_000_000


def using(path: Path, work: Callable[[Ballot, Metrics], Awaitable[Any]]) -> Any:
    """What the work gives with a ballot on the log in a file."""

    async def main() -> Any:
        metrics = Metrics()
        writer = await open_log_writer(f"sqlite:///{path}")
        try:
            return await work(Ballot(writer, metrics, lambda: MONDAY), metrics)
        finally:
            await writer.close()

    return asyncio.run(main())


def test_votes_are_counted_once_a_batch(tmp_path: Path) -> None:
    async def work(ballot: Ballot, metrics: Metrics) -> float | None:
        await ballot.cast([VOTE] * 7)
        return metrics.registry.get_sample_value("rockola_appended_total", {"door": "grpc"})

    assert using(tmp_path / "log.db", work) == 7


def test_a_log_that_was_replaced_ends_the_watch_at_once(tmp_path: Path) -> None:
    async def work(ballot: Ballot, _: Metrics) -> None:
        watch = asyncio.create_task(ballot.watch())
        await ballot.cast([VOTE])
        (tmp_path / "log.db").rename(tmp_path / "away.db")
        with pytest.raises(Unavailable):
            await ballot.cast([VOTE])
        with pytest.raises(WrongLog):
            await asyncio.wait_for(watch, 1)

    using(tmp_path / "log.db", work)


def test_a_log_that_was_replaced_is_noticed_without_a_vote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rockola.ingest.server.CHECKS", 0.05)

    async def work(ballot: Ballot, _: Metrics) -> None:
        watch = asyncio.create_task(ballot.watch())
        await asyncio.sleep(0)
        (tmp_path / "log.db").rename(tmp_path / "away.db")
        with pytest.raises(WrongLog):
            await asyncio.wait_for(watch, 2)

    using(tmp_path / "log.db", work)
