"""Cuts a vote file into its rows' texts without holding more than a chunk: lines, or the elements of an array."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from rockola.send.errors import WrongFile
from rockola.vote.body import LARGEST_VOTE

WINDOW = 2 * LARGEST_VOTE  # bytes within which an element with the blanks around it must end
BLANKS = r"[ \t\r\n]*+"
OBJECT = rf'{BLANKS}(\{{(?:[^"{{}}]++|"(?:[^"\\]++|\\.)*+")*+\}})'  # possessive: no text takes long to be found wrong
FIRST, NEXT = (re.compile((BLANKS + mark + OBJECT).encode(), re.DOTALL) for mark in (r"\[", ","))
EMPTY, END = (re.compile((BLANKS + mark).encode()) for mark in (rf"\[{BLANKS}\]", r"\]"))

NO_ELEMENT = "there is no vote here: an object of texts and numbers, and a comma before the next"


class Spot(NamedTuple):
    """A place in a file, counted from 1."""

    line: int
    byte: int

    def after(self, text: bytes) -> "Spot":
        """The place behind a text that begins here."""
        if breaks := text.count(b"\n"):
            return Spot(self.line + breaks, len(text) - text.rfind(b"\n"))
        return Spot(self.line, self.byte + len(text))


class Piece(NamedTuple):
    """The text of a row and where it begins."""

    spot: Spot
    text: bytes


def lines(chunks: Iterator[bytes], spot: Spot) -> Iterator[Piece]:
    """The lines that are not blank, without their ends: LF or CRLF."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for text in whole:
            if line := _line(spot, text):
                yield Piece(spot, line)
            spot = Spot(spot.line + 1, 1)
        _line(spot, rest)
    if line := _line(spot, rest):
        yield Piece(spot, line)


def elements(chunks: Iterator[bytes], spot: Spot) -> Iterator[Piece]:
    """The elements of a JSON array of flat objects; WrongFile names the place of the first that is none."""
    array = _Array(spot)
    for chunk in chunks:
        yield from array.feed(chunk)
    array.end()


class _Array:
    """What is not yet cut of an array, and where it begins."""

    def __init__(self, spot: Spot) -> None:
        self._spot, self._text, self._ended = spot, b"", False
        self._element, self._end = FIRST, EMPTY

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        text, start = self._text + chunk, 0
        while not self._ended and (found := self._element.match(text, start)):
            spot = self._spot.after(text[start : found.start(1)])
            if len(found[1]) > LARGEST_VOTE:
                raise too_long(spot)
            yield Piece(spot, found[1])
            self._spot, start = spot.after(found[1]), found.end()
            self._element, self._end = NEXT, END
        self._text = text[start:]
        self._look_for_end()

    def end(self) -> None:
        if not self._ended:
            self._refuse(NO_ELEMENT if self._text.strip() else "the array ends in the middle")

    def _look_for_end(self) -> None:
        if not self._ended and (found := self._end.match(self._text)):
            self._ended = True
            self._spot, self._text = self._spot.after(found[0]), self._text[found.end() :]
        if self._ended and self._text.strip():
            self._refuse("something stands behind the end of the array")
        if not self._ended and len(self._text) > WINDOW:
            self._refuse(NO_ELEMENT)

    def _refuse(self, reason: str) -> None:
        head = self._text[: len(self._text) - len(self._text.lstrip(b" \t\r\n,["))]
        raise WrongFile(reason, *self._spot.after(head))


def _line(spot: Spot, text: bytes) -> bytes:
    """A line's text, empty when it is blank."""
    if b"\r" in text and b"\r" in (text := text.removesuffix(b"\r")):
        raise WrongFile("a line ends with CR alone: save the file with LF or CRLF", spot.line)
    if len(text) > LARGEST_VOTE:
        raise too_long(spot)
    return b"" if text.isspace() else text


def too_long(spot: Spot) -> WrongFile:
    """The error for a row that may go on for ever."""
    return WrongFile(f"a row is longer than {LARGEST_VOTE} bytes", *spot)
