"""What a recount comes to, how it is compared with the tally, and what is told of it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rockola.vote.model import Verdict

COUNTED = Verdict.COUNTED.value
# Kinds of differences between log and archive; the first place of each is told.
NOT_KEPT = "The archive does not hold the log's record {} as it is."
NOT_IN_LOG = "The log does not hold the archive's record {}."
OUTSIDE = "The record {} was judged as if its candidate were in the catalogue."
MISJUDGED = "The record {} has another verdict in the archive than the log's order gives it."


class Group(NamedTuple):
    """Records that add to the same counts. Of one that is not counted, only the verdict matters."""

    verdict: str
    name: str | None
    album: str | None
    door: str | None
    rank: int | None  # whole
    minute: int | None  # since 1970


class Memory(NamedTuple):
    """What a tally remembers, in sums: its ids, their offsets, and the votes of its voters."""

    ids: int = 0
    offsets: int = 0
    votes: int = 0


class Alike(NamedTuple):
    """A group, how many records are in it, the sum of their ranks, and what a tally remembers of counted ones."""

    group: Group
    votes: int
    ranks: int
    memory: Memory = Memory()


@dataclass
class Sums:
    """Counts and memory over all partitions: as the tally has them, or as a store gives them anew."""

    counts: Counter[str] = field(default_factory=Counter)
    memory: Memory = field(default_factory=Memory)

    def remember(self, memory: Memory) -> None:
        """Adds a partition's memory."""
        self.memory = Memory(*(mine + its for mine, its in zip(self.memory, memory, strict=True)))

    def count(self, groups: Iterable[Alike]) -> None:
        """Adds a partition's records."""
        for alike in groups:
            for names, number in _counts(alike):
                self.counts[json.dumps(names, ensure_ascii=False, separators=(",", ":"))] += number
            if alike.group.verdict == COUNTED:
                self.remember(alike.memory)


class Tallied(NamedTuple):
    """What the tally says, of each partition at one moment. One that is lost has no position."""

    generation: str | None
    partitions: int
    positions: Mapping[int, int]
    sums: Sums


class Outcome(NamedTuple):
    """What was recounted, by store, and the first difference of each kind between log and archive."""

    recounts: Mapping[str, Sums]
    differences: Sequence[str]


@dataclass(frozen=True)
class Report:
    """What was compared with the tally, up to where, and the first difference of each kind: none when all agree."""

    generation: str | None
    compared: Sequence[str]
    positions: Mapping[int, int]
    verdicts: Mapping[str, int]
    differences: Sequence[str]


def reported(compared: Sequence[str], tallied: Tallied, outcome: Outcome) -> Report:
    """Compares each recount with the tally."""
    differences = [*_lost(tallied), *outcome.differences]
    for store, recount in outcome.recounts.items():
        differences += _miscounted(store, recount.counts, tallied.sums.counts)
        if recount.memory != tallied.sums.memory:
            differences.append(f"The tally remembers other ids or voters than the recount of the {store} counted.")
    counts = next(iter(outcome.recounts.values()), Sums()).counts
    verdicts = {verdict.value: counts[f'["verdict","{verdict}"]'] for verdict in Verdict}
    return Report(tallied.generation, compared, tallied.positions, verdicts, differences)


def _counts(alike: Alike) -> Iterator[tuple[tuple[object, ...], int]]:
    (verdict, name, album, door, rank, minute), votes, ranks, _ = alike
    yield ("verdict", verdict), votes
    if verdict == COUNTED:
        yield ("door", door), votes
        yield ("votes", name, album), votes
        yield ("sum", name, album), ranks
        yield ("rank", name, album, rank), votes
        yield ("minute", name, album, minute), votes


def _lost(tallied: Tallied) -> Iterator[str]:
    if not tallied.positions:
        yield "The tally has no position: it is lost, or nothing was counted yet."
    elif lost := sorted(set(range(tallied.partitions)) - tallied.positions.keys()):
        yield f"The tally has no position of the partition {lost[0]}: it is lost, and being recounted."


def _miscounted(store: str, want: Mapping[str, int], have: Mapping[str, int]) -> Iterator[str]:
    for name in sorted(want.keys() | have.keys()):
        if want.get(name, 0) != have.get(name, 0):
            numbers = have.get(name, 0), want.get(name, 0)
            yield f"The tally has {numbers[0]} for {name}, and the recount of the {store} {numbers[1]}."
            return
