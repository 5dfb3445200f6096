"""Pages of every archive, against a sorted list: filters, ties of time, and what has no time."""

from collections.abc import Iterator
from random import Random

import pytest

from building import AT, counted, record, vote
from rockola.archive import Archive, Page, Query
from rockola.vote.model import Judged, Verdict

ALBUMS = ("Ash", "Bell", "Clay")


def pages(archive: Archive, query: Query, limit: int) -> Iterator[Page]:
    after = None
    for _ in range(61):
        page = archive.page(query, after, limit)
        yield page
        if (after := page.next) is None:
            return
    raise AssertionError("the pages do not end")


def unreadable(offset: int) -> Judged:
    return Judged(offset, Verdict.UNREADABLE, None, raw=b"\xff")


def anything(rng: Random, offset: int) -> Judged:
    if rng.random() < 0.2:
        return unreadable(offset)
    made = record(vote(rng.choice(ALBUMS), rng.choice(["", "id-of-ash"])), AT + rng.randint(0, 9))
    return Judged(offset, rng.choice([Verdict.COUNTED, Verdict.OVER_LIMIT]), made)


def any_filters(rng: Random) -> tuple[dict[str, str], int | None, int | None]:
    filters = {"album": rng.choice(ALBUMS), "verdict": rng.choice(["counted", "unreadable"]), "id": "id-of-ash"}
    since, until = (rng.choice([None, AT + rng.randint(0, 9)]) for _ in range(2))
    return {name: value for name, value in filters.items() if rng.random() < 0.3}, since, until


def matches(one: Judged, query: Query) -> bool:
    shown = {"verdict": str(one.verdict)}
    if one.record:
        shown |= {"album": one.record.vote.album, "id": one.record.vote.id}
    return query.equal.items() <= shown.items() and (query.since or 0) <= time_of(one) < (query.until or AT + 10)


def newest_first(one: Judged) -> tuple[int, int]:
    return -time_of(one), -one.offset


def time_of(one: Judged) -> int:
    return one.record.at if one.record else 0


def test_what_has_no_time_comes_last_and_is_paged_like_the_rest(archive: Archive) -> None:
    archive.keep(0, [counted(0), *(unreadable(offset) for offset in (1, 2))])
    archive.keep(1, [counted(0, at=AT + 1), unreadable(1)])
    seen = [(d.place.partition, d.place.offset) for page in pages(archive, Query({}), 2) for d in page.documents]
    assert seen == [(1, 0), (0, 0), (1, 1), (0, 2), (0, 1)]


@pytest.mark.parametrize("seed", range(3))
def test_pages_under_any_filters_hold_each_match_once(archive: Archive, seed: int) -> None:
    rng = Random(seed)
    kept = [anything(rng, offset) for offset in range(60)]
    archive.keep(0, kept)
    for _ in range(20):
        query = Query(*any_filters(rng))
        found = [d.place.offset for page in pages(archive, query, rng.randint(1, 9)) for d in page.documents]
        assert found == [one.offset for one in sorted(kept, key=newest_first) if matches(one, query)]
