"""The contest: an optional catalogue and votes per voter, fixed for a log, and how it is shown, which is not."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from rockola.vote.errors import InvalidVote
from rockola.vote.model import Vote, canonical

Candidate = tuple[str, str]
Shown = Literal["public", "blind", "organiser"]
ZONE = "America/Guatemala"


@dataclass(frozen=True)
class Contest:
    """`catalogue` maps the case-folded candidate to its spelling, None when any band may be voted for.

    `results` says who sees them until they are revealed; `zone` is that of the times on the pages.
    """

    title: str = ""
    catalogue: Mapping[Candidate, Candidate] | None = None
    votes_per_voter: int | None = None
    zone: str = ZONE
    results: Shown = "public"
    spellings: frozenset[Candidate] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spellings", frozenset((self.catalogue or {}).values()))

    def spelled(self, vote: Vote) -> Vote:
        """The vote with its candidate spelled as in the catalogue; InvalidVote when it is not in it."""
        if self.catalogue is None or (vote.name, vote.album) in self.spellings:
            return vote
        if not (found := self.catalogue.get(folded(vote.name, vote.album))):
            raise InvalidVote("album", "is not in this contest's catalogue under that band", "not_in_catalogue")
        return Vote(*found, vote.year, vote.rank, vote.id, vote.voter)

    def holds(self, vote: Vote) -> bool:
        """Whether the candidate is in the catalogue, to the letter."""
        return self.catalogue is None or (vote.name, vote.album) in self.spellings

    @property
    def digest(self) -> str:
        """Names the rules that decide verdicts, and nothing else: a new title is the same contest."""
        rules = {"candidates": self.catalogue and sorted(self.spellings), "votes_per_voter": self.votes_per_voter}
        return hashlib.sha256(msgspec.json.encode(rules)).hexdigest()[:32]


def read_contest(text: str) -> Contest:
    """The contest a TOML text describes; ValueError says which key is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the contest file is not TOML: {error}") from error
    if unknown := table.keys() - {"title", "zone", "results", "votes_per_voter", "candidates"}:
        raise ValueError(f"the contest file has an unknown key: {min(unknown)}")
    return Contest(
        catalogue=_catalogue(table["candidates"]) if "candidates" in table else None,
        title=_title(table),
        zone=_zone(table.get("zone", ZONE)),
        results=_shown(table.get("results", "public")),
        votes_per_voter=_limit(table.get("votes_per_voter")),
    )


def folded(name: str, album: str) -> Candidate:
    """The candidate without its capitals, to look it up by."""
    return name.casefold(), album.casefold()


def _title(table: Mapping[str, Any]) -> str:
    title = table.get("title", "")
    if not isinstance(title, str) or len(title) > 200:
        raise ValueError("title must be a text of at most 200 characters")
    return title


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(value).key
    except (OSError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise ValueError(f"zone must be a time zone, as {ZONE}") from error


def _shown(value: Any) -> Shown:
    known: tuple[Shown, ...] = get_args(Shown)
    for each in known:
        if value == each:
            return each
    raise ValueError(f"results must be one of {', '.join(known)}")


def _limit(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 1 <= value <= 1_000_000):
        raise ValueError("votes_per_voter must be a whole number from 1 to 1000000")
    return value


def _catalogue(rows: Any) -> dict[Candidate, Candidate]:
    if not isinstance(rows, list) or not rows:
        raise ValueError("candidates must be tables [[candidates]] with name and album")
    catalogue: dict[Candidate, Candidate] = {}
    for number, row in enumerate(rows, 1):
        candidate = _candidate(row, number)
        if folded(*candidate) in catalogue:
            raise ValueError(f"candidate {number} is there twice")
        catalogue[folded(*candidate)] = candidate
    return catalogue


def _candidate(row: Any, number: int) -> Candidate:
    if (
        not isinstance(row, dict)
        or row.keys() != {"name", "album"}
        or not all(isinstance(v, str) for v in row.values())
    ):
        raise ValueError(f"candidate {number} must have a name and an album, both texts, and nothing else")
    try:
        return canonical("name", row["name"]), canonical("album", row["album"])
    except InvalidVote as error:
        raise ValueError(f"candidate {number}: {error}") from error
