"""Where a page of the log ends, as text: `received_at.partition.offset.generation.check`; and where a tail is.

That of a tail has a position for each partition: `partition:position,….generation.check`.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2s
from typing import NamedTuple

from rockola.archive import Cursor

WRITTEN = re.compile(r"([0-9]{1,15})\.([0-9]{1,9})\.([0-9]{1,18})\.([A-Za-z0-9_-]{22})\.([0-9a-f]{8})")

POSITION = r"[0-9]{1,9}:[0-9]{1,18}"
WRITTEN_TAIL = re.compile(rf"((?:{POSITION}(?:,{POSITION})*)?)\.([A-Za-z0-9_-]{{22}})\.([0-9a-f]{{8}})")


class LogCursor(NamedTuple):
    """A cursor, and the log it belongs to."""

    cursor: Cursor
    generation: str


class TailCursor(NamedTuple):
    """A position for each partition, and the log they belong to."""

    positions: Mapping[int, int]
    generation: str


def write_cursor(cursor: Cursor, generation: str) -> str:
    """The text of a cursor."""
    return _checked(f"{cursor.received_at}.{cursor.partition}.{cursor.offset}.{generation}")


def read_cursor(text: str) -> LogCursor:
    """The cursor of a text; ValueError when no page ended there, as far as its check tells."""
    received_at, partition, offset, generation = _parts(WRITTEN, text)
    return LogCursor(Cursor(int(received_at), int(partition), int(offset)), generation)


def write_tail(cursor: TailCursor) -> str:
    """The text of where a tail is."""
    positions = ",".join(f"{partition}:{position}" for partition, position in cursor.positions.items())
    return _checked(f"{positions}.{cursor.generation}")


def read_tail(text: str) -> TailCursor:
    """Where a tail is; ValueError when none was there, as far as the check tells."""
    positions, generation = _parts(WRITTEN_TAIL, text)
    pairs = (pair.split(":") for pair in positions.split(",") if pair)
    return TailCursor({int(partition): int(position) for partition, position in pairs}, generation)


def _checked(text: str) -> str:
    """The text with its check behind it."""
    return f"{text}.{_check(text)}"


def _parts(written: re.Pattern[str], text: str) -> Sequence[str]:
    """What the groups of the pattern hold, but for the check; ValueError when the text or its check is wrong."""
    found = written.fullmatch(text)
    if not found or text != _checked(text.rpartition(".")[0]):
        raise ValueError("not a cursor")
    return found.groups()[:-1]


def _check(text: str) -> str:
    """No secret: a cursor opens nothing that its filters do not; this catches what was cut or typed."""
    return blake2s(text.encode(), digest_size=4, person=b"cursor").hexdigest()
