"""What was fetched of a partition and not read on yet, in the log's order and without a hole."""

from collections import deque
from itertools import islice

from rockola.eventlog import Batch
from rockola.vote.rules import Entry


class Window:
    """The entries from `begin` to before `next`, of which offsets may be missing: the log skips them too."""

    def __init__(self, start: int) -> None:
        self.begin = self.next = start
        self._entries: deque[Entry] = deque()
        self.is_paused = False  # no more is fetched

    def __len__(self) -> int:
        return len(self._entries)

    def holds(self, start: int) -> bool:
        """Whether reading may go on here."""
        return self.begin <= start <= self.next

    def add(self, entry: Entry) -> None:
        """The next one of the log."""
        self._entries.append(entry)
        self.next = entry.offset + 1

    def skip(self, position: int) -> bool:
        """Nothing more lies before the position; whether that is news."""
        if position <= self.next:
            return False
        self.next = position
        return True

    def read(self, start: int, limit: int) -> Batch:
        """At most `limit` entries from `start` on; those before it are dropped."""
        entries = self._entries
        while entries and entries[0].offset < start:
            entries.popleft()
        self.begin = start
        batch = list(islice(entries, limit))
        return Batch(batch, batch[-1].offset + 1 if len(batch) < len(entries) else self.next)
