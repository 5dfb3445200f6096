"""The archive: every record once, under its place, with its verdict, refused ones included. Its port."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rockola.vote.errors import WrongLog
from rockola.vote.model import Judged, Place

ADAPTERS = {
    "sqlite": "rockola.archive.embedded",
    "mongodb": "rockola.archive.mongo",
    "mongodb+srv": "rockola.archive.mongo",
}


class Document(NamedTuple):
    """A kept record as it is shown. `received_at` in Unix milliseconds; what an unreadable one lacks is None."""

    place: Place
    verdict: str
    name: str | None
    album: str | None
    year: int | None
    rank: int | None
    id: str | None
    voter: str | None
    door: str | None
    received_at: int | None
    duplicate_of: Place | None


@dataclass(frozen=True)
class Query:
    """Filters that all hold; `since` and `until` in Unix milliseconds, the latter not included."""

    equal: Mapping[str, str]  # of name, album, door, verdict, id
    since: int | None = None
    until: int | None = None


class Cursor(NamedTuple):
    """The row a page ends at."""

    received_at: int
    partition: int
    offset: int


class Page(NamedTuple):
    """Documents, newest first, and where the next page begins; None when this is the last."""

    documents: Sequence[Document]
    next: Cursor | None


class Archive(Protocol):
    """Any number of consumers may use one archive."""

    def bind(self, generation: str) -> None:
        """Makes the archive keep this log's records; WrongLog when it already keeps another's."""

    def generation(self) -> str | None:
        """The log whose records it keeps; None before the first bind."""

    def keep(self, partition: int, judged: Sequence[Judged]) -> None:
        """Keeps each under its place, durably; keeping an equal one again changes nothing.

        A crash may leave any part of them kept. Contradiction when a place holds something else.
        """

    def checkpoint(self, partition: int, position: int) -> None:
        """Records that everything before `position` is kept; it never goes back."""

    def checkpoints(self) -> Mapping[int, int]:
        """For each partition the position before which everything is kept; none for one of which nothing is."""

    def replay(self, partition: int, start: int, until: int) -> Iterator[Sequence[Judged]]:
        """Everything kept from `start` to before `until`, in order, in batches; `raw` is left out."""

    def page(self, query: Query, after: Cursor | None, limit: int) -> Page:
        """At most `limit` documents that match, older than `after`."""

    def get(self, place: Place) -> Document | None:
        """The document kept under a place."""

    def close(self) -> None:
        """Frees what it holds."""


def other_log(kept: str, generation: str) -> WrongLog:
    """The error of an archive that keeps another log than is to be kept."""
    return WrongLog(
        f"The archive keeps the log {kept}, and the log is {generation}. "
        "Bring that log back, or begin a new count with an empty tally and archive."
    )
