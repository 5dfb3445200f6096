"""Nine ways to get the counting protocol wrong: random schedules must catch each, and must pass without one."""

import random
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from oracle import check_end, check_moment
from rockola.consumer import Consumer
from rockola.eventlog import Batch
from rockola.tally import Applied, Moved, Step
from rockola.tally.embedded import EmbeddedTally, _count
from rockola.vote.errors import BrokenPromise
from rockola.vote.model import Judged, Vote
from rockola.vote.rules import Known, asked, effect, judge, read
from test_protocol import FOLDER
from world import PARTITIONS, Crashed, TornArchive, World

SCHEDULES = 150  # each mutant is caught within; a schedule takes about 60 ms


class LateLook(EmbeddedTally):
    """Tells what it remembers wherever the position is."""

    def look(self, partition: int, start: int, ids: Sequence[str], voters: Sequence[str]) -> Known | Moved:
        position = self.position(partition)
        return Moved(None) if position is None else super().look(partition, position, ids, voters)


class NoFence(EmbeddedTally):
    """Counts a step wherever the position is."""

    def apply(self, step: Step) -> Applied | Moved:
        position = self.position(step.partition)
        return Moved(None) if position is None else super().apply(step._replace(start=position))


class PartialApply(EmbeddedTally):
    """Counts and moves the position in two transactions."""

    rng = random.Random(0)

    def apply(self, step: Step) -> Applied | Moved:
        if self.position(step.partition) != step.start:
            return super().apply(step)
        with self._database.write() as connection:
            _count(connection, step.partition, step.effect)
        if self.rng.random() < 0.1:
            raise Crashed
        return super().apply(step._replace(effect=effect([])))


class MaxOffset(TornArchive):
    """Takes the highest offset it holds for its checkpoint."""

    def checkpoints(self) -> Mapping[int, int]:
        kept = {p: [one.offset for batch in self.replay(p, 0, 1 << 40) for one in batch] for p in range(PARTITIONS)}
        return {partition: max(offsets, default=-1) + 1 for partition, offsets in kept.items()}


class EarlyCheckpoint(TornArchive):
    """Checkpoints a batch before it is kept."""

    def keep(self, partition: int, judged: Sequence[Judged]) -> None:
        if judged:
            self.checkpoint(partition, judged[-1].offset + 1)
        super().keep(partition, judged)


class TallyFirst(Consumer):
    """Counts a batch before it is kept."""

    def _count(self, partition: int, start: int, batch: Batch, counted: list[Judged]) -> Iterator[str]:
        readings = read(batch.entries)
        known = self._tally.look(partition, start, *asked(readings))
        if isinstance(known, Moved):
            return
        judged = judge(readings, known, self._contest)
        if isinstance(self._tally.apply(Step(partition, start, batch.next, effect(judged))), Moved):
            return
        yield "counted"
        self._archive.keep(partition, judged)
        yield "archived"
        self._archive.checkpoint(partition, batch.next)
        self._positions[partition] = batch.next


class CommitStart(Consumer):
    """Goes on from the group's committed offset."""

    def _take(self, partition: int) -> Iterator[str]:
        position = self._tally.position(partition)
        yield "taken"
        if position is None:
            yield from self._rebuild(partition)
            return
        self._positions[partition] = self._reader.committed[partition]
        self._unreadable[partition] = 0


class NoIdle(Consumer):
    """Does not look at the tally while there is nothing to count."""

    def _count(self, partition: int, start: int, batch: Batch, counted: list[Judged]) -> Iterator[str]:
        if batch.next == start:
            self._positions[partition] = start
            return
        yield from super()._count(partition, start, batch, counted)


class KeyIgnored(World):
    """Sends votes of one key to any partition."""

    def home(self, vote: Vote) -> int:
        return self.rng.randrange(PARTITIONS)


def world_with(**parts: type) -> type[World]:
    return type("Mutant", (World,), parts)


MUTANTS = {
    "late_look": world_with(tally_class=LateLook),
    "no_fence": world_with(tally_class=NoFence),
    "tally_first": world_with(consumer_class=TallyFirst),
    "max_offset": world_with(archive_class=MaxOffset),
    "commit_start": world_with(consumer_class=CommitStart),
    "no_idle": world_with(consumer_class=NoIdle),
    "key_ignored": KeyIgnored,
    "early_checkpoint": world_with(archive_class=EarlyCheckpoint),
    "partial_apply": world_with(tally_class=PartialApply),
}


def random_vote(rng: random.Random) -> Vote:
    voter = rng.choice(["", "", f"{rng.randrange(8):032x}"])
    key = rng.choice(["", f"id-number-{rng.randrange(40)}", f"id-number-{rng.randrange(40)}"])
    return Vote("band", rng.choice(["a", "b", "c", "unknown"]), 2000, 500, key, voter)


def cast(world: World, rng: random.Random) -> None:
    vote = random_vote(rng)
    for _ in range(1 if rng.random() < 0.8 else 2):
        world.produce(vote, skip=int(rng.random() < 0.1))


def resume(world: World, rng: random.Random) -> None:
    if world.zombies:
        world.resume(rng.randrange(len(world.zombies)))


EVENTS = {  # event → how often, of a hundred
    cast: 31,
    lambda world, rng: world.advance(rng.randrange(PARTITIONS)): 48,
    lambda world, rng: world.kill(rng.randrange(PARTITIONS)): 4,
    lambda world, rng: world.pause(rng.randrange(PARTITIONS)): 4,
    resume: 8,
    lambda world, _: world.take_copy(): 2,
    lambda world, _: world.rewind(): 2,
    lambda world, rng: world.wipe(rng.randrange(PARTITIONS)): 1,
}


def run_schedule(seed: int, kind: type[World]) -> None:
    """Two hundred events, then quiet, then a rewind in the quiet."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        world = kind(Path(folder), rng)
        world.archive.chance = 0.1
        try:
            for event in rng.choices(list(EVENTS), list(EVENTS.values()), k=200):
                event(world, rng)
                check_moment(world)
            world.settle()
            world.rewind()
            world.settle()
            check_end(world)
        finally:
            world.close()


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_of_the_protocol_is_caught(mutant: str) -> None:
    with pytest.raises((AssertionError, BrokenPromise, sqlite3.IntegrityError)):
        run_schedules(MUTANTS[mutant])


def run_schedules(kind: type[World]) -> None:
    for seed in range(SCHEDULES):
        run_schedule(seed, kind)


def test_the_protocol_itself_passes_the_same_schedules() -> None:
    run_schedules(World)
