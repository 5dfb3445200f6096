"""Counts of every archive, against counting by hand."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from building import AT, counted, record, vote
from rockola.archive import Archive, Group, Query
from rockola.archive.bars import HOUR, MINUTE, Counted, summarise
from rockola.opening import open_archive
from rockola.vote.errors import Unavailable
from rockola.vote.model import Judged, Verdict

BEGIN = AT // MINUTE * MINUTE
ALBUMS = ("Ash", "Bell", "Clay")
UNREADABLE = Group(None, None, "unreadable", None)


def anything(rng: Random, offset: int) -> Judged:
    if rng.random() < 0.1:
        return Judged(offset, Verdict.UNREADABLE, None, raw=b"\xff")
    made = record(vote(rng.choice(ALBUMS), rng.choice(["", "id-of-ash"])), BEGIN + rng.randint(0, 200 * MINUTE))
    return Judged(offset, rng.choice([Verdict.COUNTED, Verdict.OVER_LIMIT]), made)


def group(one: Judged) -> Group:
    if not one.record:
        return UNREADABLE
    return Group(one.record.vote.name, one.record.vote.album, str(one.verdict), str(one.record.door))


def any_query(rng: Random) -> Query:
    filters = {"album": rng.choice(ALBUMS), "verdict": rng.choice(["counted", "unreadable"]), "id": "id-of-ash"}
    since, until = (rng.choice([None, BEGIN + rng.randint(0, 200) * MINUTE]) for _ in range(2))
    return Query({name: value for name, value in filters.items() if rng.random() < 0.3}, since, until)


def matches(one: Judged, query: Query) -> bool:
    shown = group(one)._asdict() | {"id": one.record.vote.id if one.record else None}
    time = one.record.at if one.record else 0
    within = (query.since or 0) <= time < (BEGIN + 999 * MINUTE if query.until is None else query.until)
    return within and query.equal.items() <= shown.items()


@pytest.mark.parametrize("seed", range(3))
def test_what_matches_is_counted_by_group_and_over_time(archive: Archive, seed: int) -> None:
    rng = Random(seed)
    kept = [anything(rng, offset) for offset in range(200)]
    archive.keep(0, kept)
    for _ in range(20):
        query = any_query(rng)
        found = archive.summary(query)
        those = [one for one in kept if matches(one, query)]
        assert found.groups == Counter(map(group, those))
        times = Counter(one.record.at // found.width * found.width for one in those if one.record)
        assert (found.bars, found.exact, found.since) == (times, True, None)


def test_an_empty_archive_has_nothing_to_count(archive: Archive) -> None:
    found = archive.summary(Query({}))
    assert (found.groups, found.bars, found.exact) == ({}, {}, True)


def test_what_is_kept_again_is_counted_once(archive: Archive) -> None:
    archive.keep(0, [counted(0), counted(1)])
    archive.keep(0, [counted(1), counted(2)])
    assert sum(archive.summary(Query({})).groups.values()) == 3


def test_a_bar_is_as_wide_as_the_span_asks_for(archive: Archive) -> None:
    archive.keep(0, [counted(0, at=BEGIN), counted(1, at=BEGIN + 90 * 24 * 60 * MINUTE)])
    assert archive.summary(Query({})).width == 24 * 60 * MINUTE


def test_what_has_no_time_is_counted_unless_a_span_begins(archive: Archive) -> None:
    archive.keep(0, [Judged(0, Verdict.UNREADABLE, None, raw=b"\xff")])
    spans = [Query({}), Query({}, until=BEGIN), Query({}, since=MINUTE)]
    assert [sum(archive.summary(span).groups.values()) for span in spans] == [1, 1, 0]


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """An archive of two hours, whose summaries have no time."""
    monkeypatch.setattr("rockola.archive.embedded_summary.COUNTING", -1.0)
    with closing(open_archive(f"sqlite:///{tmp_path}/archive.db")) as archive:
        archive.bind("abcdefghijklmnopqrstuv")
        archive.keep(0, [counted(0, at=BEGIN - HOUR), counted(1, at=BEGIN)])
        yield archive


def test_a_summary_whose_time_is_up_has_the_newest_votes_and_says_from_when_on(late: Archive) -> None:
    found = late.summary(Query({}))
    assert (found.exact, sum(found.groups.values()), found.since) == (False, 1, BEGIN // HOUR * HOUR)


def test_an_archive_that_went_away_is_no_summary_whose_time_is_up(late: Archive, tmp_path: Path) -> None:
    (tmp_path / "archive.db").unlink()
    (tmp_path / "archive.db").mkdir()
    with pytest.raises(Unavailable):
        late.summary(Query({}))


def test_a_summary_that_counts_the_newest_alone_says_so() -> None:
    found = summarise([Counted(UNREADABLE, time * MINUTE) for time in (9, 7)], whole=False)
    assert (found.groups, found.exact, found.since) == ({UNREADABLE: 2}, False, 7 * MINUTE)
