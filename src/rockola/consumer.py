"""The consumer: gives each record its verdict in the log's order, keeps it, and counts it once.

It may die on any line, and another may own its partition at the same time: `look` and `apply` refuse a position that
moved. All it remembers is where it believes the tally to be.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from rockola.archive import Archive
from rockola.eventlog import Batch, LogReader
from rockola.tally import Moved, Source, Step, Tally
from rockola.vote.contest import Contest
from rockola.vote.errors import LostRecords, TooManyUnreadable, Unavailable
from rockola.vote.model import Judged
from rockola.vote.rules import Reading, asked, effect, judge, read

BATCH = 500  # votes a step moves at most; a step is the most work a crash repeats
SOON = 0.05  # seconds to wait for records that the log holds and has not given yet
TRIES = 60  # such waits before the log is said to be away


class Consumer:
    """Counts the partitions that its reader owns, a step at a time."""

    def __init__(self, reader: LogReader, archive: Archive, tally: Tally, contest: Contest, unreadable: int) -> None:
        """Binds the stores to the log: BrokenPromise when one belongs to another. `unreadable` in a row stop."""
        self._reader, self._archive, self._tally = reader, archive, tally
        self._contest, self._limit = contest, unreadable
        self._positions: dict[int, int] = {}
        self.reached: dict[int, int] = {}  # where the tally was last seen, by partition
        self._unreadable: dict[int, int] = {}  # in a row, before the position
        tally.bind(Source(reader.generation, reader.partitions, contest.digest), contest.results != "public")
        archive.bind(reader.generation)

    def step(self, partition: int, counted: list[Judged]) -> Iterator[str]:
        """Moves a partition on by one batch; yields the name of each point passed, where it may be paused or die.

        What was counted is added to `counted`: nothing when there is nothing new, or when the position had moved.
        Unavailable: try again. TooManyUnreadable: this partition stops. BrokenPromise: everything stops.
        """
        start = self._positions.pop(partition, None)
        if start is None:
            yield from self._take(partition)
            return
        batch = self._reader.read(partition, start, BATCH)
        yield "read"
        yield from self._count(partition, start, batch, counted)

    def _take(self, partition: int) -> Iterator[str]:
        """Learns where counting goes on; rebuilds a tally that does not know."""
        position = self._tally.position(partition)
        yield "taken"
        if position is None:
            yield from self._rebuild(partition)
            return
        self.reached[partition] = position
        before = self._before(partition, position)
        held = self._held(partition, before[-1].offset) if before else None
        self._reader.read(partition, position, 1)  # LostRecords when the log ends before it
        require_unchanged(partition, before, held)
        self._require_kept(partition, position)
        self._unreadable[partition] = unreadable_in_a_row(before)
        self._positions[partition] = position
        self._reader.commit(partition, position)  # which its last consumer may not have told any more

    def _count(self, partition: int, start: int, batch: Batch, counted: list[Judged]) -> Iterator[str]:
        readings, following = self._until_too_many(partition, read(batch.entries), batch.next)
        known = self._tally.look(partition, start, *asked(readings))
        if isinstance(known, Moved):
            return
        yield "looked"
        if following > start:
            judged = judge(readings, known, self._contest)
            self._archive.keep(partition, judged)
            yield "archived"
            if isinstance(self._tally.apply(Step(partition, start, following, effect(judged))), Moved):
                return
            counted += judged
            self.reached[partition] = following
            yield "counted"
            self._archive.checkpoint(partition, following)
            yield "checkpointed"
            self._reader.commit(partition, following)
        self._positions[partition] = following

    def _rebuild(self, partition: int) -> Iterator[str]:
        """A lost tally, from the archive up to its checkpoint: behind that, the archive may have holes."""
        checkpoint = self._archive.checkpoints().get(partition, 0)
        effects = (effect(judged) for judged in self._archive.replay(partition, 0, checkpoint))
        yield "lost"
        self._tally.restore(partition, checkpoint, effects)
        yield "rebuilt" if checkpoint else "begun"

    def _require_kept(self, partition: int, position: int) -> None:
        """What was counted behind the checkpoint is in the archive, unless the archive lost it."""
        start = self._archive.checkpoints().get(partition, 0)
        kept = {one.offset for judged in self._archive.replay(partition, start, position) for one in judged}
        while start < position:
            entries, start = self._held_from(partition, start)
            for offset in (entry.offset for entry in entries):
                if offset < position and offset not in kept:
                    raise LostRecords(
                        f"The archive lost the record {partition}.{offset}, which is counted. Bring the archive back, "
                        "or remove the tally: everything is then kept and counted again from the log."
                    )

    def _held_from(self, partition: int, start: int) -> Batch:
        """What the log holds from a position on that is not its end; Unavailable while it does not give it."""
        for _ in range(TRIES):
            batch = self._reader.read(partition, start, BATCH)
            if batch.next > start:
                return batch
            self._reader.wait(SOON)
        raise Unavailable("log")

    def _before(self, partition: int, position: int) -> Sequence[Judged]:
        """The last records that the archive holds before the position, as many as may be unreadable in a row."""
        start = max(0, position - max(1, self._limit))
        return [one for judged in self._archive.replay(partition, start, position) for one in judged]

    def _held(self, partition: int, offset: int) -> Reading | None:
        """What the log holds at an offset; None when it holds that offset no more, as after its retention."""
        try:
            entries = self._reader.read(partition, offset, 1).entries
        except LostRecords:
            return None
        return next((found for found in read(entries) if found.entry.offset == offset), None)

    def _until_too_many(
        self, partition: int, readings: Sequence[Reading], following: int
    ) -> tuple[Sequence[Reading], int]:
        """The readings before the one that makes too many unreadable ones in a row, and the position behind them."""
        run = self._unreadable[partition]
        for index, (entry, record) in enumerate(readings):
            run = 0 if record else run + 1
            if run > self._limit:
                if index == 0:
                    raise TooManyUnreadable(
                        f"{run} records in a row are unreadable; the last is {partition}.{entry.offset}."
                    )
                return readings[:index], entry.offset
            self._unreadable[partition] = run
        return readings, following


def require_unchanged(partition: int, before: Sequence[Judged], held: Reading | None) -> None:
    """The log holds at the last archived offset what was archived: else it is an older copy that was written on."""
    if held is None or held.record == before[-1].record:  # of two that are unreadable, nothing tells them apart
        return
    raise LostRecords(
        f"The log holds another record at {partition}.{held.entry.offset} than the one that was counted: it was put "
        "back and written on. Bring back the log that was counted, or begin with a new tally and a new archive."
    )


def unreadable_in_a_row(before: Sequence[Judged]) -> int:
    """How many unreadable records lie at the end of these: a restart does not let more of them pass."""
    return len(list(takewhile(lambda one: one.record is None, reversed(before))))
