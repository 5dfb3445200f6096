"""The log of votes as the web tells it: votes, pages of them, and how many there are."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rockola.archive import Archive, Document, Page, Query, Summary, Unserved
from rockola.vote.model import Door, Place, Verdict
from rockola.web.cursor import LogCursor, write_cursor
from rockola.web.problems import Problem, bad_parameter
from rockola.web.query import PAGE
from rockola.web.watch import stamp

EQUAL = ("name", "album", "door", "verdict", "id")
FILTERS = (*EQUAL, "from", "to")
TURNS = ("limit", "after", "before")
MOST_CANDIDATES = 100  # of a count, most votes first

Given = Mapping[str, Any]  # parameters as `read_query` gives them


@dataclass(frozen=True)
class LoggedVote:
    """A kept record; what an unreadable one lacks is null. `rank` in points, `voter` a digest."""

    receipt: str
    name: str | None
    album: str | None
    year: int | None
    rank: float | None
    door: str | None
    received_at: str | None
    verdict: str
    duplicate_of: str | None
    id: str | None
    voter: str | None


@dataclass(frozen=True)
class LoggedVotes:
    """A page of the log, newest first. `next` leads to older votes, `previous` to newer ones, also to those to come.

    `next` is null when there are no older ones, `previous` on a page without votes.
    """

    votes: tuple[LoggedVote, ...]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class CandidateCount:
    """How many of the votes that match are for a candidate."""

    name: str
    album: str
    votes: int


@dataclass(frozen=True)
class Histogram:
    """How many of the votes that match were received over time: from `start` on, a number for each `step` seconds."""

    start: str
    step: int
    votes: tuple[int, ...]


@dataclass(frozen=True)
class Counts:
    """How many votes match, in all and by what they are; the candidates with most come first, 100 of them.

    Not `exact` where a bound lies inside of a minute, which is counted whole, and where counting took too long: then
    only what was received from `since` on was counted.
    """

    votes: int
    exact: bool
    since: str | None
    verdicts: Mapping[str, int]
    doors: Mapping[str, int]
    candidates: tuple[CandidateCount, ...]
    histogram: Histogram | None


class VoteLog:
    """An archive, asked by the parameters of a request."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def get(self, place: Place) -> LoggedVote:
        """The vote of a place; Problem 404 when there is none."""
        if not (document := self._archive.get(place)):
            raise Problem(404, "not_found", "no vote of this log has that receipt, or it was not archived yet")
        return shown(document)

    def page(self, given: Given, most: int = PAGE) -> LoggedVotes:
        """A page of the votes that all filters hold for."""
        found = self._found(given, most)
        generation = found.documents[0].place.generation if found.documents else ""
        following, before = (turn and write_cursor(turn, generation) for turn in (found.next, found.previous))
        return LoggedVotes(tuple(map(shown, found.documents)), following, before)

    def counts(self, given: Given) -> Counts:
        """How many votes all filters hold for."""
        with served():
            return _counts(self._archive.summary(query_of(given)))

    def _found(self, given: Given, most: int) -> Page:
        if "after" in given and "before" in given:
            raise bad_parameter("before", "must not be there with `after`")
        turn, newer = next(
            ((name, name == "before") for name in ("after", "before") if name in given), ("after", False)
        )
        start: LogCursor | None = given.get(turn)
        if start and start.generation != self._archive.generation():
            raise Problem(410, "other_log", f"that page was of another log: begin again without `{turn}`", turn)
        with served():
            return self._archive.page(query_of(given), start and start.cursor, given.get("limit", most), newer)


@contextmanager
def served() -> Iterator[None]:
    """Problem 400 for what no index of the archive serves."""
    try:
        yield
    except Unserved as error:
        raise Problem(400, "unserved", str(error)) from None


def query_of(given: Given) -> Query:
    """The filters among the parameters."""
    return Query({name: given[name] for name in EQUAL if name in given}, given.get("from"), given.get("to"))


def shown(document: Document) -> LoggedVote:
    """A document as it is told."""
    return LoggedVote(
        receipt=str(document.place),
        name=document.name,
        album=document.album,
        year=document.year,
        rank=None if document.rank is None else document.rank / 100,
        door=document.door,
        received_at=None if document.received_at is None else stamp(document.received_at / 1000),
        verdict=document.verdict,
        duplicate_of=document.duplicate_of and str(document.duplicate_of),
        id=document.id,
        voter=document.voter,
    )


def _counts(summary: Summary) -> Counts:
    candidates = Counter[tuple[str, str]]()
    verdicts, doors = Counter(dict.fromkeys(map(str, Verdict), 0)), Counter(dict.fromkeys(map(str, Door), 0))
    for group, number in summary.groups.items():
        verdicts[group.verdict] += number
        if group.door:
            doors[group.door] += number
        if group.name and group.album:
            candidates[group.name, group.album] += number
    ranked = sorted(candidates.items(), key=lambda each: (-each[1], each[0]))[:MOST_CANDIDATES]
    return Counts(
        votes=verdicts.total(),
        exact=summary.exact,
        since=None if summary.since is None else stamp(summary.since / 1000),
        verdicts=verdicts,
        doors=doors,
        candidates=tuple(CandidateCount(*candidate, number) for candidate, number in ranked),
        histogram=_histogram(summary),
    )


def _histogram(summary: Summary) -> Histogram | None:
    if not summary.bars:
        return None
    first, last = min(summary.bars), max(summary.bars)
    bars = tuple(summary.bars.get(start, 0) for start in range(first, last + 1, summary.width))
    return Histogram(stamp(first / 1000), summary.width // 1000, bars)
