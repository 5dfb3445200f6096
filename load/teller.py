"""Deals a process its part of the votes: each row once over all processes, mixed with other kinds."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from random import Random
from typing import Any, NamedTuple

import msgspec

from load.mixes import FIRST, Weights
from rockola.send.rows import Ballot
from rockola.send.votefile import VoteFile
from rockola.vote.body import LARGEST_BATCH_BODY, LARGEST_VOTE

REMEMBERED = 500  # votes that may be repeated
DEFECTS: Sequence[Mapping[str, Any]] = ({"rank": 11}, {"year": "never"}, {"album": ""}, {"weight": 1000})
NOBODY = {"name": "Nobody", "album": "In no file"}


class Share(NamedTuple):
    """Every row whose number leaves `turn` when it is divided by `parts`."""

    turn: int
    parts: int


class Dealt(NamedTuple):
    """A vote and its kind."""

    ballot: Ballot
    kind: str


class Teller:
    """Deals until the rows of its share were dealt in every round; `over` then."""

    def __init__(self, file: VoteFile, share: Share, rounds: int, mix: Weights, chance: Random) -> None:
        """`rounds` 0 deals for ever."""
        self._file, self._chance = file, chance
        self._kinds, self._weights = list(mix), list(mix.values())
        self._rows = _rows(file, share, rounds)
        self._before = deque[Ballot](maxlen=REMEMBERED)
        self._choices: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._next = next(self._rows, None)

    @property
    def over(self) -> bool:
        """Whether every row was dealt."""
        return self._next is None

    def deal(self, number: int) -> Sequence[Dealt]:
        """So many votes, fewer where a batch could grow too large or the rows end; none when it is over."""
        votes, size = list[Dealt](), 0
        while len(votes) < number and size < LARGEST_BATCH_BODY - 2 * LARGEST_VOTE and self._next:
            votes.append(self._deal(self._next))
            size += len(votes[-1].ballot.body) + 1
        return votes

    def _deal(self, row: Ballot) -> Dealt:
        kind = self._chance.choices(self._kinds, self._weights)[0] if self._before else FIRST
        match kind:
            case "repeated":
                return Dealt(self._chance.choice(self._before), kind)
            case "conflicting":
                return Dealt(self._conflicting(self._chance.choice(self._before)), kind)
            case "invalid":
                return Dealt(self._instead(row, kind, self._chance.choice(DEFECTS)), kind)
            case "unknown-candidate":
                return Dealt(self._instead(row, kind, NOBODY), kind)
        self._next = next(self._rows, None)
        self._remember(row)
        return Dealt(row, kind)

    def _remember(self, row: Ballot) -> None:
        self._before.append(row)
        if "conflicting" in self._kinds and len(self._choices) < REMEMBERED:
            vote = msgspec.json.decode(row.body)
            choice = {field: vote[field] for field in ("name", "album", "year", "rank")}
            self._choices.setdefault((vote["name"], vote["album"]), choice)

    def _conflicting(self, before: Ballot) -> Ballot:
        """The same id and voter with another choice of the file; the same vote when it has only one."""
        vote = msgspec.json.decode(before.body)
        others = [choice for key, choice in self._choices.items() if key != (vote["name"], vote["album"])]
        other = self._chance.choice(others) if others else {}
        return before._replace(body=msgspec.json.encode({**vote, **other}))

    def _instead(self, row: Ballot, kind: str, change: Mapping[str, Any]) -> Ballot:
        """A vote beside the row, with an id of its own."""
        name = f"{self._file.digest}.{row.row}.{kind}"
        return row._replace(id=name, body=msgspec.json.encode({**msgspec.json.decode(row.body), **change, "id": name}))


def _rows(file: VoteFile, share: Share, rounds: int) -> Iterator[Ballot]:
    for turn in count(1):
        yield from islice(file.ballots("" if turn == 1 else f"-{turn}"), share.turn, None, share.parts)
        if turn == rounds or not file.votes:
            return
