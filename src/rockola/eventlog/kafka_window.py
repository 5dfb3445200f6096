"""What was fetched of a partition and not read on yet, in the log's order and without a hole."""

from collections import deque
from itertools import islice

from rockola.eventlog import Batch
from rockola.vote.rules import Entry

FULL = 2 << 20  # bytes: some 7,000 votes, 14 steps
ENTRY = 160  # bytes that an entry takes beside its value


class Window:
    """The entries from `begin` to before `next`, of which offsets may be missing: the log skips them too.

    What came is doubtful until somebody is sure that it is of this log; only then is it read.
    """

    def __init__(self, start: int) -> None:
        self.begin = self.next = start
        self.is_paused = False  # no more is fetched
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._sure, self._sure_entries = start, 0  # the position up to which it is sure, and the entries before it

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def is_full(self) -> bool:
        """Whether it holds as much as it may."""
        return self._bytes >= FULL

    @property
    def is_doubtful(self) -> bool:
        """Whether something came, and nothing of it is sure."""
        return not self._sure_entries and self._sure < self.next

    def holds(self, start: int) -> bool:
        """Whether reading may go on here."""
        return self.begin <= start <= self.next

    def add(self, entry: Entry) -> None:
        """The next one of the log."""
        self._entries.append(entry)
        self._bytes += ENTRY + len(entry.value)
        self.next = entry.offset + 1

    def skip(self, position: int) -> bool:
        """Nothing more lies before the position; whether that is news."""
        if position <= self.next:
            return False
        self.next = position
        return True

    def trust(self) -> None:
        """What has come so far is of this log."""
        self._sure, self._sure_entries = self.next, len(self._entries)

    def drop(self, start: int) -> None:
        """Nothing before the position is read any more."""
        entries = self._entries
        while entries and entries[0].offset < start:
            self._bytes -= ENTRY + len(entries.popleft().value)
            self._sure_entries -= self._sure_entries > 0
        self.begin, self._sure = start, max(self._sure, start)

    def read(self, limit: int) -> Batch:
        """At most `limit` entries from the beginning on, of those that are sure."""
        batch = list(islice(self._entries, min(limit, self._sure_entries)))
        return Batch(batch, batch[-1].offset + 1 if len(batch) < self._sure_entries else self._sure)
