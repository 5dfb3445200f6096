"""A vote file that was read through and found right, ready to be sent any number of times."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rockola.send.errors import WrongFile
from rockola.send.rows import BadRow, Ballot, Rows
from rockola.send.source import Source, open_source

DIGITS = 24  # of the file's digest: 96 bits tell files apart, and leave room for the row in an id
UNKNOWN = "0" * DIGITS  # stands for the digest until the file is read through


class VoteFile:
    """A file's votes. A row's id is the digest of the content and the row: the same, whoever sends it when."""

    def __init__(self, source: Source, max_bad: int, on_bad: Callable[[BadRow], None]) -> None:
        """Reads the file; WrongFile when it is none, or when more than `max_bad` rows are bad."""
        self.name, self._source = source.name, source
        self._max_bad, self._on_bad = max_bad, on_bad
        self.votes = self.bad = 0
        content = hashlib.sha256()
        with _named(self.name):
            rows = Rows(self.name, _hashed(source.chunks(), content))
            for row in rows.read(UNKNOWN):
                self._count(row)
        self.older = rows.older
        self.digest = content.hexdigest()[:DIGITS]

    def ballots(self, mark: str = "") -> Iterator[Ballot]:
        """The votes without the bad rows; WrongFile when the file is no longer what it was.

        A mark of the sender tells the ids of this sending from those of another one.
        """
        with _named(self.name):
            for row in Rows(self.name, self._source.chunks()).read(self.digest + mark):
                if isinstance(row, Ballot):
                    yield row

    def close(self) -> None:
        """Frees the file."""
        self._source.close()

    def _count(self, row: Ballot | BadRow) -> None:
        if isinstance(row, Ballot):
            self.votes += 1
            return
        self.bad += 1
        self._on_bad(row)
        if self.bad > self._max_bad:
            more = f"more than {self._max_bad} rows are bad, and then " if self._max_bad else ""
            raise WrongFile(f"{more}{row}")


def ignore(_: BadRow) -> None:
    """Tells nobody."""


def open_votes(
    path: str, max_bad: int = 0, on_bad: Callable[[BadRow], None] = ignore, limit: int | None = None
) -> VoteFile:
    """Opens and checks a vote file, or stdin under the name `-`. WrongFile names it, and its line."""
    with _named(path):
        source = open_source(path, limit)
    try:
        return VoteFile(source, max_bad, on_bad)
    except BaseException:
        source.close()
        raise


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except WrongFile as error:
        raise WrongFile(f"{name}: {error}") from error


def _hashed(chunks: Iterator[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
