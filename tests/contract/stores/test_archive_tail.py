"""The tail of every archive: each record once, in whatever order of their times records are archived."""

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from building import AT, counted, record, vote
from rockola.archive import Archive
from rockola.vote.model import Judged, Verdict
from rockola.web.cursor import read_tail
from rockola.web.logged import query_of
from rockola.web.tail import Tail

FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"album": "Ash"},
    {"verdict": "counted", "door": "grpc"},
    {"from": AT + 4},
    {"to": AT + 4},
    {"id": "id-of-ash"},
)


def keep(archive: Archive, partition: int, *judged: Judged) -> None:
    """As a consumer does."""
    archive.keep(partition, judged)
    archive.checkpoint(partition, judged[-1].offset + 1)


def anything(rng: Random, offset: int) -> Judged:
    if rng.random() < 0.2:
        return Judged(offset, Verdict.UNREADABLE, None, raw=b"\xff")
    made = record(vote(rng.choice(["Ash", "Bell"]), rng.choice(["", "id-of-ash"])), AT + rng.randint(0, 9))
    return Judged(offset, rng.choice([Verdict.COUNTED, Verdict.OVER_LIMIT]), made)


class Follower:
    """Somebody who looks at the tail now and then."""

    def __init__(self, archive: Archive, given: Mapping[str, Any]) -> None:
        self._tail, self._given = Tail(archive), given
        self._next = self._tail.end()

    def look(self) -> list[str]:
        """The receipts of what was archived since the last look, each answer newest first."""
        found = list[str]()
        while True:
            assert self._next
            arrivals = self._tail.since({**self._given, "since": read_tail(self._next)})
            self._next = arrivals.next
            found += [one.receipt for one in arrivals.votes]
            if not arrivals.more:
                return found


def test_what_was_received_before_and_archived_after_is_told(archive: Archive) -> None:
    keep(archive, 0, counted(0, at=AT + 60_000))
    follower = Follower(archive, {})
    keep(archive, 1, counted(0, at=AT), counted(1, at=AT + 1))
    assert [receipt.partition(".")[2] for receipt in follower.look()] == ["1.1", "1.0"]


def test_what_is_not_known_to_be_whole_is_not_told_yet(archive: Archive) -> None:
    follower = Follower(archive, {})
    archive.keep(0, [counted(1)])
    assert follower.look() == []


@pytest.mark.parametrize("given", FILTERS, ids=str)
def test_a_tail_tells_what_pages_show_each_once(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    monkeypatch.setattr("rockola.web.tail.LOOKED", 5)
    rng, follower, told, ends = Random(1), Follower(archive, given), list[str](), [0, 0]
    for _ in range(6):
        partition, number = rng.randrange(2), rng.randint(1, 20)
        keep(archive, partition, *(anything(rng, ends[partition] + each) for each in range(number)))
        ends[partition] += number
        told += follower.look() if rng.random() < 0.7 else []
    told += follower.look()
    assert sorted(told) == sorted(str(one.place) for one in archive.page(query_of(given), None, 200).documents)
