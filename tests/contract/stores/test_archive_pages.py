"""Pages of every archive, against a sorted list: filters, ties of time, and what has no time."""

from collections.abc import Iterable, Iterator
from random import Random

import pytest

from building import AT, counted, record, vote
from rockola.archive import Archive, Cursor, Page, Query
from rockola.vote.model import Judged, Place, Verdict

GENERATION = "abcdefghijklmnopqrstuv"
ALBUMS = ("Ash", "Bell", "Clay")


def pages(archive: Archive, query: Query, limit: int) -> Iterator[Page]:
    start = None
    for _ in range(61):
        page = archive.page(query, start, limit)
        yield page
        if (start := page.next) is None:
            return
    raise AssertionError("the pages do not end")


def pages_back(archive: Archive, query: Query, start: Cursor, limit: int) -> Iterator[Page]:
    for _ in range(61):
        page = archive.page(query, start, limit, newer=True)
        if not page.previous:
            return
        yield page
        start = page.previous
    raise AssertionError("the pages do not end")


def places(found: Iterable[Page]) -> list[Place]:
    return [document.place for page in found for document in page.documents]


def unreadable(offset: int) -> Judged:
    return Judged(offset, Verdict.UNREADABLE, None, raw=b"\xff")


def anything(rng: Random, offset: int) -> Judged:
    if rng.random() < 0.2:
        return unreadable(offset)
    made = record(vote(rng.choice(ALBUMS), rng.choice(["", "id-of-ash"])), AT + rng.randint(0, 9))
    return Judged(offset, rng.choice([Verdict.COUNTED, Verdict.OVER_LIMIT]), made)


def any_filters(rng: Random) -> tuple[dict[str, str], int | None, int | None]:
    filters = {
        "name": rng.choice(["Bohemia Suburbana", "Nobody"]),
        "album": rng.choice(ALBUMS),
        "verdict": rng.choice(["counted", "unreadable"]),
        "door": rng.choice(["grpc", "grpc", "rust"]),
        "id": "id-of-ash",
    }
    since, until = (rng.choice([None, AT + rng.randint(0, 9)]) for _ in range(2))
    return {name: value for name, value in filters.items() if rng.random() < 0.3}, since, until


def matches(one: Judged, query: Query) -> bool:
    shown = {"verdict": str(one.verdict)}
    if one.record:
        vote = one.record.vote
        shown |= {"name": vote.name, "album": vote.album, "door": one.record.door, "id": vote.id}
    return query.equal.items() <= shown.items() and (query.since or 0) <= time_of(one) < (query.until or AT + 10)


def newest_first(one: Judged) -> tuple[int, int]:
    return -time_of(one), -one.offset


def time_of(one: Judged) -> int:
    return one.record.at if one.record else 0


def test_what_has_no_time_comes_last_and_is_paged_like_the_rest(archive: Archive) -> None:
    archive.keep(0, [counted(0), *(unreadable(offset) for offset in (1, 2))])
    archive.keep(1, [counted(0, at=AT + 1), unreadable(1)])
    seen = places(pages(archive, Query({}), 2))
    assert [place[1:] for place in seen] == [(1, 0), (0, 0), (1, 1), (0, 2), (0, 1)]


@pytest.mark.parametrize("seed", range(3))
def test_pages_under_any_filters_hold_each_match_once(archive: Archive, seed: int) -> None:
    rng = Random(seed)
    kept = [anything(rng, offset) for offset in range(60)]
    archive.keep(0, kept)
    for _ in range(20):
        query = Query(*any_filters(rng))
        found = [place.offset for place in places(pages(archive, query, rng.randint(1, 9)))]
        assert found == [one.offset for one in sorted(kept, key=newest_first) if matches(one, query)]


@pytest.mark.parametrize("seed", range(3))
def test_pages_the_other_way_are_the_same_rows(archive: Archive, seed: int) -> None:
    rng = Random(seed)
    archive.keep(0, [anything(rng, offset) for offset in range(40)])
    archive.keep(1, [anything(rng, offset) for offset in range(20)])
    for _ in range(20):
        query, limit = Query(*any_filters(rng)), rng.randint(1, 9)
        forth = places(pages(archive, query, limit))
        back = [page.documents for page in pages_back(archive, query, Cursor(0, -1, -1), limit)]
        assert [document.place for page in back[::-1] for document in page] == forth


def test_a_page_of_newer_rows_leads_back_to_where_it_came_from(archive: Archive) -> None:
    archive.keep(0, [counted(offset, at=AT + offset) for offset in range(6)])
    first = archive.page(Query({}), None, 2)
    assert first.next
    newer = archive.page(Query({}), Cursor(AT + 1, 0, 1), 2, newer=True)
    assert newer.next
    assert [d.place.offset for d in archive.page(Query({}), newer.next, 2).documents] == [1, 0]


def test_the_first_page_leads_to_what_comes_later(archive: Archive) -> None:
    archive.keep(0, [counted(0)])
    newest = archive.page(Query({}), None, 2).previous
    archive.keep(0, [counted(1, at=AT + 1)])
    assert newest
    assert places([archive.page(Query({}), newest, 2, newer=True)]) == [Place(GENERATION, 0, 1)]


def test_a_band_with_more_albums_than_an_index_is_entered_for_is_paged_all_the_same(archive: Archive) -> None:
    archive.keep(0, [counted(offset, vote(f"Album {offset % 60}"), AT + offset) for offset in range(300)])
    found = places(pages(archive, Query({"name": "Bohemia Suburbana"}), 20))
    assert [place.offset for place in found] == list(range(299, -1, -1))
