"""A log's reader as tests use it: it owns every partition, as a lone member of its group does after a moment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from rockola.eventlog import LogReader
from rockola.opening import open_log_reader
from rockola.vote.rules import Entry
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


def read_whole(url: str) -> dict[int, list[Entry]]:
    """All that the log holds, by partition."""
    with reading(url) as reader:
        return {partition: list(_entries(reader, partition)) for partition in range(reader.partitions)}


def _entries(reader: LogReader, partition: int) -> Iterator[Entry]:
    position = 0
    while position < reader.end(partition):
        entries, position = reader.read(partition, position, 10_000)
        yield from entries


APART = """
import sys
import structlog
from reading import reading
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
with reading(sys.argv[1]) as reader:
    for _ in sys.stdin:
        print(*sorted(reader.owned()), flush=True)
"""


class Apart:
    """A reader in a process of its own, which can be paused."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def owns(self) -> list[int]:
        """The partitions it owns, once it had all of them."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return [int(one) for one in self._process.stdout.readline().split()]

    def pause(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def reading_apart(url: str) -> Iterator[Apart]:
    """A reader in a process of its own."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", APART, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        yield Apart(process)
        process.kill()
