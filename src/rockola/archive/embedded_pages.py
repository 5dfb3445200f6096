"""Pages of the archive in a SQLite file: each is merged from branches that an index gives in the page's order.

An index begins with what must be equal and goes on in the order of time. Where a filter leaves a verdict, a door or a
candidate open, each of its few values is a branch of its own, read to the page's length and no further; so a page costs
what it shows, however much the file holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from rockola.archive import Cursor, Query
from rockola.embedded import Connection
from rockola.vote.model import Door, Verdict

KEY = "received_at, partition, offset"
ORDER = {False: "received_at DESC, partition DESC, offset DESC", True: KEY}  # by `newer`
CANDIDATES = "SELECT DISTINCT name, album FROM summary WHERE span = 60 AND {} LIMIT ?"
MOST_CANDIDATES = 50  # branches of a band, times verdicts and doors; SQLite takes 500
NOWHERE = Cursor(0, -1, -1)  # before every row
READABLE = tuple(verdict for verdict in Verdict if verdict is not Verdict.UNREADABLE)

Conditions = Mapping[str, str | None]


class Statement(NamedTuple):
    """SQL and what is bound in it."""

    text: str
    values: Sequence[Any]


class Span(NamedTuple):
    """The rows between two others, both left out."""

    after: Cursor
    before: Cursor | None


def span_of(query: Query, start: Cursor | None, newer: bool) -> Span:
    """The rows that a page may show: one bound each way, so that an index is entered at the right row."""
    after = Cursor(query.since, -1, -1) if query.since else NOWHERE
    before = None if query.until is None else Cursor(query.until, -1, -1)
    if start and newer:
        return Span(max(after, start), before)
    return Span(after, min(before, start) if before and start else before or start)


def page_statement(branches: Sequence[Conditions], columns: str, span: Span, limit: int, newer: bool) -> Statement:
    """The first rows of all branches together; what is not in an index is read of those alone."""
    parts = [branch_statement(branch, span, limit, newer) for branch in branches]
    keys = " UNION ALL ".join(f"SELECT * FROM ({part.text})" for part in parts)
    values = [value for part in parts for value in part.values]
    first = f"SELECT partition, offset FROM ({keys} ORDER BY {ORDER[newer]} LIMIT ?)"
    text = f"SELECT {columns} FROM votes WHERE (partition, offset) IN ({first}) ORDER BY {ORDER[newer]}"
    return Statement(text, [*values, limit])


def branch_statement(conditions: Conditions, span: Span, limit: int, newer: bool) -> Statement:
    """The first rows of a branch, by their keys."""
    parts: list[tuple[str, Sequence[Any]]] = [
        (f"{name} IS NULL", ()) if value is None else (f"{name} = ?", (value,)) for name, value in conditions.items()
    ]
    parts.append((f"({KEY}) > (?, ?, ?)", span.after))
    if span.before:
        parts.append((f"({KEY}) < (?, ?, ?)", span.before))
    where = " AND ".join(text for text, _ in parts)
    values = [value for _, bound in parts for value in bound]
    return Statement(f"SELECT {KEY} FROM votes WHERE {where} ORDER BY {ORDER[newer]} LIMIT ?", [*values, limit])


def branches(connection: Connection, query: Query) -> list[Conditions]:
    """The filters with every choice that they leave open made, in each way that there may be rows of."""
    equal = dict(query.equal)
    if "id" in equal:
        return [equal]
    kinds = list(_kinds(equal.pop("verdict", None), equal.pop("door", None), bool(equal)))
    return [candidate | kind for candidate, kind in product(_candidates(connection, equal), kinds)]


def _kinds(verdict: str | None, door: str | None, named: bool) -> Iterator[dict[str, str | None]]:
    """Verdicts with doors; what is unreadable has no door, and no name."""
    for each, by in product(READABLE if verdict is None else (verdict,), Door if door is None else (door,)):
        if each != Verdict.UNREADABLE:
            yield {"verdict": each, "door": by}
    if not named and door is None and verdict in {None, Verdict.UNREADABLE}:
        yield {"verdict": Verdict.UNREADABLE, "door": None}


def _candidates(connection: Connection, named: Mapping[str, str]) -> list[dict[str, str | None]]:
    """The candidates of a band or an album; it alone, which no index serves, when they are very many."""
    if len(named) != 1:
        return [dict(named)]
    ((field, value),) = named.items()
    found = connection.execute(CANDIDATES.format(f"{field} = ?"), (value, MOST_CANDIDATES + 1)).fetchall()
    if len(found) > MOST_CANDIDATES:
        return [dict(named)]
    return [{"name": name, "album": album} for name, album in found]
