"""The tally: counts and the position up to which they hold, changed together. Its port."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from rockola.vote.rules import Effect, Known

ADAPTERS = {
    "sqlite": "rockola.tally.embedded",
    "redis": "rockola.tally.redis",
    "rediss": "rockola.tally.redis",
}


class Source(NamedTuple):
    """The log and the rules that a tally counts by; it counts by no others, ever."""

    generation: str
    partitions: int
    contest: str  # digest


class Step(NamedTuple):
    """What moves a partition from `start` to `next`."""

    partition: int
    start: int
    next: int
    effect: Effect


class Applied(NamedTuple):
    """The step was counted and its position stored."""

    position: int


class Moved(NamedTuple):
    """Nothing was done: the position is another one; None when it is lost."""

    position: int | None


class Totals(NamedTuple):
    """Counts summed over partitions, and the position of each partition that they hold at.

    `source` is None before the first bind. `rebuilds` rises whenever a lost partition was written anew; totals never
    fall while it stays. `revealed` says whether `reveal` was called for this source.
    """

    source: Source | None
    positions: Mapping[int, int]
    rebuilds: int
    counts: Mapping[str, int]
    revealed: bool = False

    @property
    def generation(self) -> str | None:
        """The log that is counted."""
        return self.source and self.source.generation


class Tally(Protocol):
    """Any number of consumers may use one tally; a step is counted once however many try, die and repeat."""

    def bind(self, source: Source, hidden: bool = False) -> None:
        """Makes an empty tally count by this source; WrongLog when it counts by another.

        While it is `hidden` and not revealed, nothing is derived from the counts for others to read.
        """

    def position(self, partition: int) -> int | None:
        """Where counting goes on; None when it is lost (or was never begun): rebuild then."""

    def look(self, partition: int, start: int, ids: Sequence[str], voters: Sequence[str]) -> Known | Moved:
        """What is remembered of these ids and voters, at the position `start`; Moved when it is not the position."""

    def apply(self, step: Step) -> Applied | Moved:
        """Counts the step and moves the position from its start to its next, both or neither, also in a crash.

        Moved when the position is not the step's start. After Unavailable the step may have been applied: look again.
        """

    def restore(self, partition: int, position: int, effects: Iterable[Effect]) -> bool:
        """Begins a lost partition at a position with everything before it, all or none; False if it is not lost."""

    def reveal(self) -> bool:
        """Makes the totals of this source revealed, for all processes and as long as the tally is not lost.

        False when no log is counted yet.
        """

    def totals(self) -> Totals:
        """Counts and positions, of each partition at one moment, without those by minute."""

    def minutes(self, since: int) -> Mapping[str, int]:
        """The counts by minute, from the minute `since` on."""

    def close(self) -> None:
        """Frees what it holds."""
