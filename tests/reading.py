"""A log's reader as tests use it: it owns every partition, as a lone member of its group does after a moment."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from rockola.eventlog import LogReader
from rockola.opening import open_log_reader
from running import until


@contextmanager
def reading(url: str) -> Iterator[LogReader]:
    """A reader of the whole log."""
    with closing(open_log_reader(url)) as reader:
        own(reader, *range(reader.partitions))
        yield reader


def own(reader: LogReader, *partitions: int) -> None:
    """Waits until these are the reader's, and no others."""

    def has_come() -> bool:
        reader.wait(0.05)
        return set(reader.owned()) == set(partitions)

    until(has_come, f"the ownership of {partitions}")
