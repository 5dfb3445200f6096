"""What is asked of the collection of votes, as data: filters, sorts, and the indexes that serve them.

A filter is a conjunction of conditions, each on one field. A value from outside stands behind an operator of ours, so
it is compared and never read as an operator, a pattern or code.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bson import DatetimeMS, Int64

from rockola.archive import Cursor, Query

Sort = Sequence[tuple[str, int]]
Condition = Mapping[str, Any]

PLACE: Sort = [("partition", 1), ("offset", 1)]
IN_ORDER: Sort = PLACE[1:]  # of one partition
NEWEST: Sort = [("received_at", -1), ("partition", -1), ("offset", -1)]  # what has no time comes last
OLDEST: Sort = [(field, -way) for field, way in NEWEST]
IN_FULL, REPLAYED = {"raw": 0}, {"_id": 0, "partition": 0, "raw": 0}  # projections
COUNTED = {"_id": 0, "name": 1, "album": 1, "verdict": 1, "door": 1, "received_at": 1}


class Index(NamedTuple):
    """An index; only documents that `partial` holds for are in it."""

    name: str
    keys: Sort
    partial: Condition | None = None


BY_PLACE = Index("by_place", PLACE)
INDEXES = (
    BY_PLACE,
    Index("by_time", NEWEST),
    *(Index(f"by_{field}", [(field, 1), *NEWEST]) for field in ("name", "album", "verdict", "door")),
    Index("by_id", [("id", 1), *NEWEST], {"id": {"$exists": True}}),  # most votes may have none
)


def replayed(partition: int, start: int, until: int) -> Condition:
    """Everything kept in a partition from `start` to before `until`."""
    return {"partition": {"$eq": partition}, "offset": {"$gte": Int64(start), "$lt": Int64(until)}}


def outside(generation: str) -> Condition:
    """Whatever is no record of a log, by an `_id` before or behind all of its own; of any type."""
    first, behind = f"{generation}.", f"{generation}/"  # a slash follows the point
    return {"$or": [{"_id": {"$not": {"$gte": first}}}, {"_id": {"$not": {"$lt": behind}}}]}


def paged(query: Query, start: Cursor | None = None, newer: bool = False) -> Condition:
    """The documents that match and are older than `start`, or newer ones."""
    beyond = _newer(start) if newer else _older(start)
    conditions = [*_equal(query), *_within(query), *beyond]
    return {"$and": conditions} if conditions else {}


def serving(query: Query) -> list[Index]:
    """The indexes of which one must be there to answer a query without reading what it does not show."""
    fields = [field for field, _ in (index.keys[0] for index in INDEXES) if field in query.equal]
    leads = fields or [NEWEST[0][0]]
    return [index for index in INDEXES if index.keys[0][0] in leads]


def _equal(query: Query) -> Iterator[Condition]:
    for field, value in query.equal.items():
        yield {field: {"$eq": str(value)}}


def _within(query: Query) -> Iterator[Condition]:
    if query.since is not None:
        yield {"received_at": {"$gte": DatetimeMS(query.since)}}
    if query.until is not None:
        yield {"received_at": _before(query.until)}


def _older(after: Cursor | None) -> Iterator[Condition]:
    """Behind a row in the order NEWEST: a bound that an index is entered by, and what it leaves to be told apart."""
    if after is None:
        return
    behind = [
        {"partition": {"$lt": after.partition}},
        {"partition": {"$eq": after.partition}, "offset": {"$lt": Int64(after.offset)}},
    ]
    if after.received_at == 0:
        yield {"received_at": {"$eq": None}}
        yield {"$or": behind}
        return
    yield {"received_at": _before(after.received_at + 1)}
    yield {"$or": [{"received_at": _before(after.received_at)}, *behind]}


def _newer(start: Cursor | None) -> Iterator[Condition]:
    """The same the other way; whatever has a time is newer than what has none."""
    if start is None:
        return
    ahead = [
        {"partition": {"$gt": start.partition}},
        {"partition": {"$eq": start.partition}, "offset": {"$gt": Int64(start.offset)}},
    ]
    if start.received_at == 0:
        yield {"$or": [{"received_at": {"$gte": DatetimeMS(1)}}, *ahead]}
        return
    yield {"received_at": {"$gte": DatetimeMS(start.received_at)}}
    yield {"$or": [{"received_at": {"$gt": DatetimeMS(start.received_at)}}, *ahead]}


def _before(time: int) -> Condition:
    """Earlier, or without a time: `$lt` alone would leave out what has none."""
    return {"$not": {"$gte": DatetimeMS(time)}}
