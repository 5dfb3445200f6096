"""Where a page ends and where a tail is, as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rockola.archive import Cursor
from rockola.web.cursor import LogCursor, TailCursor, read_cursor, read_tail, write_cursor, write_tail

LOG = "abcdefghijklmnopqrstuv"
CURSORS = st.builds(Cursor, st.integers(0, 10**15 - 1), st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1))

TAILS = st.dictionaries(st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1), max_size=20)


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


@given(TAILS)
def test_where_a_tail_is_is_read_as_it_was_written(positions: dict[int, int]) -> None:
    cursor = TailCursor(positions, LOG)
    assert read_tail(write_tail(cursor)) == cursor


@given(TAILS, st.integers(0, 60), st.characters(codec="utf-8"))
def test_a_tail_with_another_character_is_none(positions: dict[int, int], place: int, character: str) -> None:
    text = write_tail(TailCursor(positions, LOG))
    place %= len(text)
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        with pytest.raises(ValueError, match="not a cursor"):
            read_tail(changed)
