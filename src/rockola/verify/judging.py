"""Gives verdicts again, from the rules as docs/protocol.md words them."""

from collections import Counter, defaultdict
from math import inf

from rockola.verify.report import Alike, Group, Memory, Sums
from rockola.verify.sources import Content, Row
from rockola.vote.contest import Contest

MINUTE = 60_000  # milliseconds
UNREADABLE = Group("unreadable", None, None, None, None, None)


class Judge:
    """Judges one partition's records in their order; holds its counted ids and voters, and sums up what it said."""

    def __init__(self, contest: Contest) -> None:
        self._candidates = None if contest.catalogue is None else contest.spellings
        self._limit = inf if contest.votes_per_voter is None else contest.votes_per_voter
        self._firsts: dict[str, int] = {}  # the offset that counted, by id
        self._had: Counter[str] = Counter()  # votes by voter
        self._groups: defaultdict[Group, list[int]] = defaultdict(lambda: [0, 0])
        self._offsets = 0

    def judge(self, offset: int, content: Content | str) -> Row:
        """The record as the archive must hold it."""
        if isinstance(content, str):
            return Row(offset, "unreadable", None, content)
        return Row(offset, *self._verdict(offset, content), content)

    def count(self, row: Row) -> Row:
        """Counts what was judged."""
        if isinstance(row.content, str):
            self._groups[UNREADABLE][0] += 1
            return row
        name, album, _, rank, _, _, door, at = row.content
        alike = self._groups[Group(row.verdict, name, album, door, rank // 100, at // MINUTE)]
        alike[0] += 1
        alike[1] += rank
        return row

    def add_to(self, sums: Sums) -> None:
        """Adds everything that was counted."""
        sums.count(Alike(group, votes, ranks) for group, (votes, ranks) in self._groups.items())
        sums.remember(Memory(len(self._firsts), self._offsets, self._had.total()))

    def _verdict(self, offset: int, content: Content) -> tuple[str, int | None]:
        name, album, _, _, own, voter, _, _ = content
        if self._candidates is not None and (name, album) not in self._candidates:
            return "not_in_catalogue", None
        key = f"{voter} {own}" if voter else own  # an id belongs to its voter
        if own and (first := self._firsts.get(key)) is not None:
            return "duplicate", first
        if voter and self._had[voter] >= self._limit:
            return "over_limit", None
        self._remember(offset, key if own else None, voter)
        return "counted", None

    def _remember(self, offset: int, key: str | None, voter: str | None) -> None:
        if key:
            self._firsts[key] = offset
            self._offsets += offset
        if voter:
            self._had[voter] += 1
