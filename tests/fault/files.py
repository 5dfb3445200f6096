"""The files of an embedded count, asked by SQL."""

from pathlib import Path

from books import Books
from books import ask as ask_file


def ask(data: Path, store: str, question: str, *values: object) -> list[tuple[object, ...]]:
    """Rows of a store's file."""
    return ask_file(getattr(Books.embedded(data), store), question, *values)


def end_of_log(data: Path) -> int:
    """The position behind its last record."""
    return Books.embedded(data).ends().get(0, 0)


def position(data: Path) -> int | None:
    """Where the tally stands; None when it is lost."""
    rows = ask(data, "tally", "SELECT position FROM positions")
    return int(str(rows[0][0])) if rows else None
