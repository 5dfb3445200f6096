"""Where a page ends, as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rockola.archive import Cursor
from rockola.web.cursor import LogCursor, read_cursor, write_cursor

LOG = "abcdefghijklmnopqrstuv"
CURSORS = st.builds(Cursor, st.integers(0, 10**15 - 1), st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1))


@given(CURSORS)
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    assert read_cursor(write_cursor(cursor, LOG)) == LogCursor(cursor, LOG)


@given(CURSORS, st.integers(0, 60), st.characters(codec="utf-8"))
def test_a_cursor_with_another_character_is_none(cursor: Cursor, place: int, character: str) -> None:
    text = write_cursor(cursor, LOG)
    place %= len(text)
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        with pytest.raises(ValueError, match="not a cursor"):
            read_cursor(changed)
