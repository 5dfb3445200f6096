"""Where a recount reads from: one small reader of its own for each kind of store, opened by the scheme of its URL."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from rockola.urls import WrongUrl, is_unquoted
from rockola.verify.report import Alike, Tallied

# name, album, year, rank in hundredths, id, voter, door, time; what a record lacks is None
Content = tuple[Any, ...]


class Row(NamedTuple):
    """A record with its verdict. `content` is the bytes in hexadecimal when it is unreadable."""

    offset: int
    verdict: str
    duplicate_of: int | None
    content: Content | str


class Log(Protocol):
    """A log that is only read. It opens without an answer of its server, so that it can be closed when none comes."""

    @property
    def generation(self) -> str | None:
        """What it calls itself."""

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first offset that it still has, and the position behind the last."""

    def records(self, partition: int, until: int) -> Iterator[tuple[int, bytes]]:
        """Offset and bytes of everything before `until`, in order."""

    def close(self) -> None:
        """Frees what it holds."""


class Archive(Protocol):
    """An archive that is only read, and opens as a log does."""

    @property
    def generation(self) -> str | None:
        """The log whose records it keeps; None before the first of them."""

    def rows(self, partition: int, until: int) -> Iterator[Row]:
        """Everything before `until`, in order of the offsets."""

    def groups(self, partition: int, until: int) -> Iterator[Alike]:
        """What lies before `until`, grouped and summed up by the store itself."""

    def close(self) -> None:
        """Frees what it holds."""


LOGS = {"sqlite": "rockola.verify.sqlite:Log", "kafka": "rockola.verify.kafka:Log"}
ARCHIVES = {
    "sqlite": "rockola.verify.sqlite:Archive",
    "mongodb": "rockola.verify.mongo:Archive",
    "mongodb+srv": "rockola.verify.mongo:Archive",
}
TALLIES = {
    "sqlite": "rockola.verify.sqlite:read_tally",
    "redis": "rockola.verify.redis:read_tally",
    "rediss": "rockola.verify.redis:read_tally",
}


def open_log(url: str) -> Log:
    """The log, to read only."""
    opened: Log = _named(LOGS, url)(url)
    return opened


def open_archive(url: str) -> Archive:
    """The archive, to read only."""
    opened: Archive = _named(ARCHIVES, url)(url)
    return opened


def read_tally(url: str) -> Tallied:
    """What the tally says now; Unavailable when it does not answer."""
    tallied: Tallied = _named(TALLIES, url)(url)
    return tallied


def scheme(url: str) -> str:
    """What decides who reads it."""
    return urlsplit(url).scheme


def _named(readers: dict[str, str], url: str) -> Any:
    parts = urlsplit(url)
    if parts.netloc and is_unquoted(parts):
        raise WrongUrl("Signs in the user and password of a URL are quoted, such as %40 for @ and %2F for /.")
    if scheme(url) not in readers:
        raise WrongUrl(f"Nothing recounts {scheme(url) or 'such'} URLs here; known are {', '.join(sorted(readers))}.")
    module, _, name = readers[scheme(url)].partition(":")
    return getattr(import_module(module), name)
