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
COUNTING = 0.15  # seconds a summary may take, so that who asks has it within 200 ms


class Unserved(Exception):
    """No index serves a query; the message says which is missing."""


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
    """A row that a page ends at; the order of rows is that of these tuples. `received_at` is 0 where there is none."""

    received_at: int
    partition: int
    offset: int


class Page(NamedTuple):
    """Documents, newest first. `next` leads to older ones, None when there are none; `previous` to newer ones.

    There may be none of the latter yet; `previous` is None only on a page without documents.
    """

    documents: Sequence[Document]
    next: Cursor | None
    previous: Cursor | None


class Group(NamedTuple):
    """What records are counted by; an unreadable one has only its verdict."""

    name: str | None
    album: str | None
    verdict: str
    door: str | None


class Summary(NamedTuple):
    """How many records match: of each group, and over time, in bars of `width` milliseconds by where they start.

    It is exact, or else an estimate: whole minutes were counted where a bound lies inside of one; and when `since` is
    set, time was up, and only what was received from then on was counted.
    """

    groups: Mapping[Group, int]
    bars: Mapping[int, int]
    width: int
    exact: bool
    since: int | None = None


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

    def page(self, query: Query, start: Cursor | None, limit: int, newer: bool = False) -> Page:
        """At most `limit` documents that match, the next older than `start`, or the next newer ones.

        Unserved when it would have to read what it does not show.
        """

    def between(self, partition: int, start: int, until: int) -> Sequence[Document]:
        """Everything kept from `start` to before `until`, in order, for who shows it: some thousand. Unserved as above.

        Below a checkpoint that is the order in which it was kept, whatever its times say.
        """

    def summary(self, query: Query) -> Summary:
        """How many match; what takes longer than COUNTING is left out, and the answer says so. Unserved as above."""

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


def page_of(found: Sequence[Document], limit: int, newer: bool) -> Page:
    """The page of what was found in the direction that was asked for, when one more than `limit` was asked for."""
    shown, more = found[:limit], len(found) > limit
    shown = shown[::-1] if newer else shown
    if not shown:
        return Page((), None, None)
    return Page(shown, cursor_of(shown[-1]) if more or newer else None, cursor_of(shown[0]))


def cursor_of(document: Document) -> Cursor:
    """The row of a document."""
    return Cursor(document.received_at or 0, document.place.partition, document.place.offset)
