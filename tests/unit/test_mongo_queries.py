"""Queries of the MongoDB archive as data: each is served by an index, and nothing from outside is an operator.

The rule of the indexes, for a server that has them (the test's own server does not use any): of a query, the fields
that must equal a value come first in the index, then the fields of the sort in its direction or all against it, and a
range lies on the first field of the sort. So the server enters the index at the first document of the answer and reads
on in order, until the page is full: it sorts nothing and reads no document before it. Where several fields must equal
a value, one of them leads the index and the others are looked at as documents pass.
"""

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import pytest

from rockola.archive import Cursor, Query
from rockola.archive.mongo_queries import IN_ORDER, INDEXES, NEWEST, Condition, Index, Sort, paged, replayed, serving

FIELDS = {"name": "Ash", "album": "Bell", "door": "grpc", "verdict": "counted", "id": "id-of-ash"}
START = [None, Cursor(1000, 1, 7), Cursor(0, 1, 7)]
CHOICES = [dict(chosen) for number in range(6) for chosen in combinations(FIELDS.items(), number)]
QUERIES = [
    (Query(equal, since, until), start, newer)
    for equal, since, until, start, newer in product(CHOICES, (None, 500), (None, 2000), START, (False, True))
]


def conditions(asked: Condition) -> Iterator[tuple[str, Any]]:
    """Field by field, what must hold of it; alternatives stand under `$or`."""
    for field, value in asked.items():
        if field == "$and":
            for each in value:
                yield from conditions(each)
        else:
            yield field, value


def equals(asked: Condition) -> set[str]:
    return {field for field, value in conditions(asked) if field != "$or" and "$eq" in value}


def serves(index: Index, asked: Condition, sort: Sort) -> bool:
    """Whether the index is entered by a field that must equal a value, where there is one, and gives the sort."""
    keys = list(index.keys)
    bound = equals(asked) - {field for field, _ in sort}
    if bound and keys[0][0] not in bound:
        return False
    while keys and keys[0][0] in bound:
        keys.pop(0)
    turned = [(field, -way) for field, way in sort]
    prefix = keys[: len(sort)]
    return prefix in (list(sort), turned) and (index.partial is None or set(index.partial) <= bound)


def test_every_page_is_read_off_an_index_in_its_order() -> None:
    assert [each for each in QUERIES if not any(serves(index, paged(*each), NEWEST) for index in INDEXES)] == []


def test_a_replay_is_read_off_an_index_in_its_order() -> None:
    assert any(serves(index, replayed(1, 5, 9), IN_ORDER) for index in INDEXES)


@pytest.mark.parametrize("index", INDEXES)
def test_every_index_serves_a_query_that_no_other_does(index: Index) -> None:
    asked = [(paged(*each), NEWEST) for each in QUERIES] + [(replayed(1, 5, 9), IN_ORDER)]
    others = [other for other in INDEXES if other is not index]
    assert any(serves(index, *each) and not any(serves(other, *each) for other in others) for each in asked)


@pytest.mark.parametrize("newer", [False, True])
def test_a_page_beside_a_row_enters_the_index_at_that_rows_time(newer: bool) -> None:
    assert "received_at" in dict(conditions(paged(Query({}), START[1], newer)))


def test_what_a_query_needs_is_an_index_that_serves_it() -> None:
    for each in QUERIES:
        needed = serving(each[0])
        assert needed
        assert all(serves(index, paged(*each), NEWEST) for index in needed)


def test_a_range_lies_on_the_first_field_of_the_sort() -> None:
    ranges = {field for each in QUERIES for field, value in conditions(paged(*each)) if "$eq" not in value}
    assert ranges == {NEWEST[0][0], "$or"}


@pytest.mark.parametrize("value", ["$where", "{$ne: null}", "/.*/", "a'; return true; //"])
def test_a_value_is_compared_and_nothing_else(value: str) -> None:
    assert list(conditions(paged(Query({"album": value})))) == [("album", {"$eq": value})]


def test_a_value_that_is_no_text_is_compared_as_text() -> None:
    hostile: Any = {"$ne": None}
    assert list(conditions(paged(Query({"album": hostile})))) == [("album", {"$eq": "{'$ne': None}"})]


def test_no_filter_is_no_condition() -> None:
    assert paged(Query({})) == {}
