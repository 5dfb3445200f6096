"""A consumer at work, over real stores of several partitions."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from building import keyed, vote
from rockola.archive import Archive
from rockola.consumer import Consumer
from rockola.counting import Counting
from rockola.eventlog import LogReader
from rockola.metrics import Metrics
from rockola.opening import open_archive, open_log_reader, open_log_writer, open_tally
from rockola.tally import Tally
from rockola.vote.contest import Contest
from rockola.vote.errors import Contradiction, Unavailable
from rockola.vote.model import Judged
from running import until

PARTITIONS, VOTES = 3, 60
PATIENCE = 20.0  # seconds that a partition waits for the others


class Around:
    """A part that does something else now and then, and is itself in all else."""

    def __init__(self, part: Any) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


class Meeting(Around):
    """An archive that keeps nothing of a partition before all of them have something to keep."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._all = Barrier(PARTITIONS)

    def keep(self, partition: int, judged: list[Judged]) -> None:
        self._all.wait(PATIENCE)
        self._part.keep(partition, judged)


class Torn(Meeting):
    """One that finds something else than it should in one partition."""

    def keep(self, partition: int, judged: list[Judged]) -> None:
        if partition == 1:
            raise Contradiction("torn")
        self._part.keep(partition, judged)


class Away(Meeting):
    """One that is away, whatever it is asked of a kind; to find it out takes until `heard`, but for one partition."""

    def __init__(self, archive: Archive, asked: str, heard: Event) -> None:
        super().__init__(archive)
        self._heard = heard
        setattr(self, asked, self._fail)

    def _fail(self, partition: int, *_: object) -> None:
        if partition:
            self._heard.wait(PATIENCE)
        raise Unavailable("archive")


class Lost(Around):
    """A tally that is rebuilt in no partition before all of them are to be, and the log heard of its reader since."""

    def __init__(self, tally: Tally, heard: Event) -> None:
        super().__init__(tally)
        self._all, self._heard = Barrier(PARTITIONS), heard

    def restore(self, *restored: Any) -> bool:
        self._all.wait(PATIENCE)
        assert self._heard.wait(PATIENCE)
        return bool(self._part.restore(*restored))


class Attentive(Around):
    """A reader that says when the log heard of it and did not have to wait."""

    def __init__(self, reader: LogReader, heard: Event) -> None:
        super().__init__(reader)
        self._heard = heard

    def wait(self, seconds: float) -> None:
        if not seconds:
            self._heard.set()
        self._part.wait(seconds)


def same(part: Any) -> Any:
    """A part as it is."""
    return part


@contextmanager
def at_work(
    folder: Path,
    kind: Callable[[Archive], Any] = same,
    tally_kind: Callable[[Tally], Any] = same,
    reader_kind: Callable[[LogReader], Any] = same,
) -> Iterator[tuple[Counting, Tally]]:
    """A consumer of as many votes in each partition, and its tally."""
    asyncio.run(append(folder))
    with ExitStack() as stack:
        reader = reader_kind(stack.enter_context(closing(open_log_reader(url(folder, "log")))))
        tally = tally_kind(stack.enter_context(closing(open_tally(url(folder, "tally")))))
        archive = kind(stack.enter_context(closing(open_archive(url(folder, "archive")))))
        yield Counting(Consumer(reader, archive, tally, Contest(), 100), reader, Metrics()), tally


@contextmanager
def working(counting: Counting) -> Iterator[None]:
    """It counts in a thread until the block ends."""
    thread = Thread(target=counting.run)
    thread.start()
    try:
        yield
    finally:
        counting.stop()
        thread.join()


def test_partitions_are_counted_at_once(tmp_path: Path) -> None:
    with at_work(tmp_path, Meeting) as (counting, tally), working(counting):
        until(lambda: sum(tally.totals().positions.values()) == VOTES, "the count")


def test_a_broken_promise_in_one_partition_ends_the_work_when_the_others_took_their_step(tmp_path: Path) -> None:
    with at_work(tmp_path, Torn) as (counting, tally):
        with pytest.raises(Contradiction):
            counting.run()
        assert tally.totals().positions == {0: VOTES // PARTITIONS, 1: 0, 2: VOTES // PARTITIONS}


@pytest.mark.parametrize("asked", ["replay", "keep"])
def test_that_a_service_is_away_is_told_of_one_partition_before_it_is_found_for_the_next(
    tmp_path: Path, asked: str
) -> None:
    heard = Event()
    with at_work(tmp_path, lambda archive: Away(archive, asked, heard)) as (counting, _), working(counting):
        try:
            until(lambda: not counting.is_ready, "the notice", PATIENCE / 2)
        finally:
            heard.set()


def test_lost_partitions_are_rebuilt_at_once_while_the_log_hears_of_the_reader(tmp_path: Path) -> None:
    heard = Event()
    kinds: dict[str, Any] = {
        "tally_kind": lambda one: Lost(one, heard),
        "reader_kind": lambda one: Attentive(one, heard),
    }
    with at_work(tmp_path, **kinds) as (counting, tally), working(counting):
        until(lambda: sum(tally.totals().positions.values()) == VOTES, "the count")


async def append(folder: Path) -> None:
    """As many votes in each partition."""
    writer = await open_log_writer(url(folder, "log") + f"?partitions={PARTITIONS}")
    for _ in range(PARTITIONS):
        await writer.append([keyed(vote())] * (VOTES // PARTITIONS))
    await writer.close()


def url(folder: Path, store: str) -> str:
    """Where a store lies."""
    return f"sqlite:///{folder}/{store}.db"
