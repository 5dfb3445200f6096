"""The event log, the truth: a vote in it survives a crash of anything else. Ports of its writer and its reader."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from rockola.vote.model import Place
from rockola.vote.rules import Entry

ADAPTERS = {"sqlite": "rockola.eventlog.embedded", "kafka": "rockola.eventlog.kafka"}


class Keyed(NamedTuple):
    """A record's bytes, and the key that decides its partition (empty: the writer picks one a batch)."""

    key: str
    value: bytes


class Batch(NamedTuple):
    """Entries in order of their offsets, which may skip, and the position to read from next."""

    entries: Sequence[Entry]
    next: int


class LogWriter(Protocol):
    """Appends to one log."""

    generation: str
    partitions: int

    async def append(self, records: Sequence[Keyed]) -> list[Place]:
        """The records' places, in order, once they would survive a crash.

        Unavailable leaves the outcome unknown: all, some or none may be in the log. Nothing is tried twice.
        Records of one key keep their order within a call and between calls that follow each other.
        """

    async def check(self) -> None:
        """WrongLog when the log is another one than it was at start; Unavailable when it does not say."""

    async def close(self) -> None:
        """Ends after what was handed in has its outcome."""


class LogReader(Protocol):
    """Reads one log, by position: nothing that was read decides what is read next."""

    generation: str
    partitions: int

    def owned(self) -> Collection[int]:
        """The partitions this reader may read now; they may change between calls."""

    def read(self, partition: int, start: int, limit: int) -> Batch:
        """At most `limit` entries from `start` on; an empty batch whose `next` is `start` when nothing has come.

        Reading again gives the same. LostRecords when the log no longer or never held `start`; WrongLog when it is
        another one than it was at start; Unavailable for a partition that is not owned.
        """

    def end(self, partition: int) -> int:
        """The position behind the newest record."""

    def commit(self, partition: int, position: int) -> None:
        """Tells lag tools how far the count is; decides nothing."""

    def wait(self, seconds: float) -> None:
        """Returns when there may be something new, and after `seconds` at the latest."""

    def wake(self) -> None:
        """Ends the `wait` under way and every later one at once; the only call allowed from another thread."""

    def close(self) -> None:
        """Frees what it holds."""
