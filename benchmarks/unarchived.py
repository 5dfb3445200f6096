"""A consumer that archives nothing, to measure the rest without it. Usage: unarchived.py LOG TALLY."""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from rockola.archive import Cursor, Document, Page, Query
from rockola.consumer import Consumer
from rockola.counting import Counting
from rockola.metrics import Metrics
from rockola.opening import open_log_reader, open_tally
from rockola.vote.contest import Contest
from rockola.vote.model import Judged, Place

UNREADABLE = 100


class Nothing:
    """An Archive that forgets."""

    def bind(self, generation: str) -> None:
        """Any log will do."""
        self._generation = generation

    def generation(self) -> str | None:
        return self._generation

    def keep(self, partition: int, judged: Sequence[Judged]) -> None:
        """Not."""

    def checkpoint(self, partition: int, position: int) -> None:
        """Not."""

    def checkpoints(self) -> Mapping[int, int]:
        return {}

    def replay(self, partition: int, start: int, until: int) -> Iterator[Sequence[Judged]]:
        return iter(())

    def page(self, query: Query, after: Cursor | None, limit: int) -> Page:
        return Page((), None)

    def get(self, place: Place) -> Document | None:
        return None

    def close(self) -> None:
        """Nothing to free."""


def main(log: str, tally: str) -> None:
    """Counts until SIGTERM."""
    with closing(open_log_reader(log)) as reader, closing(open_tally(tally)) as counts:
        counting = Counting(Consumer(reader, Nothing(), counts, Contest(), UNREADABLE), reader, Metrics())
        signal.signal(signal.SIGTERM, lambda *_: counting.stop())
        counting.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
