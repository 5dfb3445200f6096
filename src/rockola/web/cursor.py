"""Where a page of the log ends, as text: `received_at.partition.offset.generation.check`."""

import re
from hashlib import blake2s
from typing import NamedTuple

from rockola.archive import Cursor

WRITTEN = re.compile(r"([0-9]{1,15})\.([0-9]{1,9})\.([0-9]{1,18})\.([A-Za-z0-9_-]{22})\.([0-9a-f]{8})")


class LogCursor(NamedTuple):
    """A cursor, and the log it belongs to."""

    cursor: Cursor
    generation: str


def write_cursor(cursor: Cursor, generation: str) -> str:
    """The text of a cursor."""
    text = f"{cursor.received_at}.{cursor.partition}.{cursor.offset}.{generation}"
    return f"{text}.{_check(text)}"


def read_cursor(text: str) -> LogCursor:
    """The cursor of a text; ValueError when no page ended there, as far as its check tells."""
    found = WRITTEN.fullmatch(text)
    if not found or found[5] != _check(text.rpartition(".")[0]):
        raise ValueError("not a cursor")
    return LogCursor(Cursor(int(found[1]), int(found[2]), int(found[3])), found[4])


def _check(text: str) -> str:
    """No secret: a cursor opens nothing that its filters do not; this catches what was cut or typed."""
    return blake2s(text.encode(), digest_size=4, person=b"cursor").hexdigest()
