"""The results: a tally's totals as people read them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from rockola.tally import Totals
from rockola.vote.model import RANKS, Door, Verdict

State = Literal["live", "stale", "recounting"]
Sight = Literal["all", "shares", "nothing"]
BUCKETS = RANKS.stop // 100 + 1  # rank 0 to below 1, … 9 to below 10, and 10


@dataclass(frozen=True)
class Standing:
    """A candidate's place. Ranks in points; bucket r of the histogram holds the votes of rank r to below r + 1.

    Before a reveal the public may see the share alone: then the rest is null, and the histogram empty.
    """

    place: int
    name: str | None
    album: str | None
    votes: int | None
    share: float
    rank_mean: float | None
    rank_histogram: tuple[int, ...]


@dataclass(frozen=True)
class Results:
    """Everything a reader of the results is told; it holds at the positions, and was read at `as_of`.

    `sight` says what of the candidates is told here: all, their shares without names, or nothing until the reveal.
    """

    generation: str | None
    positions: Mapping[str, int]
    rebuilds: int
    as_of: str
    state: State
    counted: int
    verdicts: Mapping[str, int]
    doors: Mapping[str, int]
    revealed: bool
    sight: Sight
    candidates: tuple[Standing, ...]


@dataclass
class _Candidate:
    votes: int = 0
    sum: int = 0
    histogram: list[int] = field(default_factory=lambda: [0] * BUCKETS)


def tabulate(totals: Totals, state: State, as_of: str) -> Results:
    """The results of totals: most votes first, equal votes share a place and stand by band and album."""
    verdicts, doors = dict.fromkeys(map(str, Verdict), 0), dict.fromkeys(map(str, Door), 0)
    candidates: defaultdict[tuple[str, str], _Candidate] = defaultdict(_Candidate)
    for text, number in totals.counts.items():
        kind, *rest = msgspec.json.decode(text)
        if kind == "verdict":
            verdicts[rest[0]] = number
        elif kind == "door":
            doors[rest[0]] = number
        else:
            _add(candidates[rest[0], rest[1]], kind, rest[2:], number)
    return Results(
        generation=totals.generation,
        positions={str(partition): totals.positions[partition] for partition in sorted(totals.positions)},
        rebuilds=totals.rebuilds,
        as_of=as_of,
        state=state,
        counted=verdicts[Verdict.COUNTED],
        verdicts=verdicts,
        doors=doors,
        revealed=totals.revealed,
        sight="all",
        candidates=tuple(_standings(candidates)),
    )


def _add(candidate: _Candidate, kind: str, rest: list[int], number: int) -> None:
    if kind == "votes":
        candidate.votes = number
    elif kind == "sum":
        candidate.sum = number
    elif kind == "rank":
        candidate.histogram[rest[0]] = number


def _standings(candidates: Mapping[tuple[str, str], _Candidate]) -> Iterable[Standing]:
    total = sum(candidate.votes for candidate in candidates.values())
    place, votes = 0, -1
    ranking = sorted((-candidate.votes, key) for key, candidate in candidates.items() if candidate.votes)
    for number, (_, key) in enumerate(ranking, 1):
        candidate = candidates[key]
        place, votes = (place, votes) if candidate.votes == votes else (number, candidate.votes)
        yield Standing(
            place=place,
            name=key[0],
            album=key[1],
            votes=votes,
            share=round(votes / total, 6),
            rank_mean=round(candidate.sum / votes / 100, 4),
            rank_histogram=tuple(candidate.histogram),
        )
