"""Query parameters, read strictly: each is known, there once, and right, or the answer is a problem."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import Request

from rockola.vote.errors import InvalidVote
from rockola.vote.model import Door, Verdict, canonical, check_id
from rockola.web.cursor import read_cursor, read_tail
from rockola.web.problems import Problem, bad_parameter

PAGE, LARGEST_PAGE = 50, 200  # rows
MOST_EVENTS = 40  # a second, to one reader
DEFAULTS = {"limit": PAGE, "per_second": MOST_EVENTS}
MOST_FIELDS = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS = re.compile(r"[0-9]{1,15}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class Parameter(NamedTuple):
    """How a parameter is read (ValueError or InvalidVote when it cannot be), and the sentence that says so."""

    read: Callable[[str], Any]
    rule: str


def read_number(text: str, most: int) -> int:
    """A whole number from 1; more than there may be are as many as there may be."""
    if not re.fullmatch("[1-9][0-9]*", text):
        raise ValueError
    return most if len(text) > len(str(most)) else min(int(text), most)


def read_instant(text: str) -> int:
    """Unix milliseconds; an instant before 1970 is the first of it, since no vote is older."""
    if MILLISECONDS.fullmatch(text):
        return int(text)
    if not INSTANT.fullmatch(text):
        raise ValueError
    return max(0, (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1))


def _read_id(text: str) -> str:
    check_id(text)
    return text


class Format(StrEnum):
    """How votes are exported."""

    CSV = "csv"
    NDJSON = "ndjson"


def counted(most: int) -> Parameter:
    """A number of things, at most so many."""
    return Parameter(partial(read_number, most=most), f"must be a whole number from 1; above {most} it is {most}")


TIME = "must be Unix milliseconds or ISO 8601 with a zone, as 2026-01-31T18:00:00Z"
PARAMETERS = {
    "name": Parameter(partial(canonical, "name"), "must be a band of 1 to 80 characters"),
    "album": Parameter(partial(canonical, "album"), "must be an album of 1 to 80 characters"),
    "door": Parameter(Door, f"must be one of {', '.join(Door)}"),
    "verdict": Parameter(Verdict, f"must be one of {', '.join(Verdict)}"),
    "from": Parameter(read_instant, TIME),
    "to": Parameter(read_instant, f"{TIME}; votes of that instant are left out"),
    "id": Parameter(_read_id, "must be an id of 8 to 128 characters"),
    "limit": counted(LARGEST_PAGE),
    "per_second": counted(MOST_EVENTS),
    "after": Parameter(read_cursor, "must be the `next` of another page"),
    "before": Parameter(read_cursor, "must be the `previous` of another page"),
    "since": Parameter(read_tail, "must be the `next` of another tail"),
    "format": Parameter(Format, f"must be one of {', '.join(Format)}"),
}


def read_query(request: Request, *allowed: str) -> dict[str, Any]:
    """The parameters given, read; Problem 400 for any that should not be there or breaks its rule."""
    return read_pairs(pairs_of(request), *allowed)


def read_pairs(pairs: Iterable[tuple[str, str]], *allowed: str) -> dict[str, Any]:
    """The same of names with their texts."""
    given: dict[str, Any] = {}
    for name, text in pairs:
        if name not in allowed:
            raise Problem(400, "unknown_parameter", f"known here are: {', '.join(allowed) or 'none'}")
        if name in given:
            raise bad_parameter(name, "must be there once")
        given[name] = _read(name, text)
    if {"from", "to"} <= given.keys() and given["from"] > given["to"]:
        raise bad_parameter("from", "must not be after `to`")
    return given


def pairs_of(request: Request) -> Sequence[tuple[str, str]]:
    """Names and texts of the query; Problem 400 when it is none."""
    try:
        text = request.scope["query_string"].decode("ascii")
        return parse_qsl(text, True, bool(text), errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Problem(400, "bad_query", "must be name=value pairs, percent-encoded UTF-8") from None


def described(*names: str) -> dict[str, Any]:
    """These parameters for OpenAPI."""
    return {"parameters": [_described(name) for name in names]}


def _read(name: str, text: str) -> Any:
    try:
        return PARAMETERS[name].read(text)
    except (ValueError, InvalidVote):
        raise bad_parameter(name, PARAMETERS[name].rule) from None


def _described(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name in DEFAULTS:
        schema = {"type": "integer", "minimum": 1, "default": DEFAULTS[name]}
    return {"name": name, "in": "query", "required": False, "description": PARAMETERS[name].rule, "schema": schema}
