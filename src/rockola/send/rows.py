"""The rows of a vote file, whatever its form: each a vote that a door would take, or what is wrong with it."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

import msgspec

from rockola.send.errors import WrongFile, place_of
from rockola.send.pieces import Piece, Spot, elements, lines
from rockola.vote.body import FIELDS, LARGEST_VOTE, NEEDED, BodyReader, Number, fields_of
from rockola.vote.contest import Contest
from rockola.vote.errors import InvalidVote, MalformedVote

BOM = b"\xef\xbb\xbf"
UTF16 = b"\xff\xfe", b"\xfe\xff"
OLDER = {"artist": "name", "ranked": "rank"}  # an older vote file of the original contest has them
ARTIST, RANKED = (f'"{name}"'.encode() for name in OLDER)

_read = BodyReader(b"", Contest()).read  # the secret does not matter: the digest of a voter goes nowhere


class Ballot(NamedTuple):
    """A vote ready to be sent: where it stands, and its body, which holds its id."""

    file: str
    row: int
    line: int
    id: str
    body: bytes


class BadRow(NamedTuple):
    """A row that no door would take. `field` is empty and `byte` 0 when there is none to blame."""

    file: str
    row: int
    line: int
    field: str
    reason: str
    byte: int = 0

    def __str__(self) -> str:
        return place_of(self.line, self.byte) + ": ".join(filter(None, (self.field, self.reason)))


class Form(Protocol):
    """How a row is written."""

    older: bool

    def spell(self, text: bytes) -> bytes:
        """The row as a JSON object; MalformedVote or UnicodeDecodeError when it is none."""


class Rows:
    """The rows in the chunks of a file: a JSON array, NDJSON, or CSV with a header."""

    def __init__(self, name: str, chunks: Iterator[bytes]) -> None:
        self._name = name
        self._form, self._pieces = _form(chunks)

    @property
    def older(self) -> bool:
        """Whether the older names stood in a row so far."""
        return self._form.older

    def read(self, digest: str) -> Iterator[Ballot | BadRow]:
        """Each row once; one without an id of its own gets the digest and its row. WrongFile ends the reading."""
        for row, piece in enumerate(self._pieces, 1):
            try:
                yield self._ballot(row, piece, digest)
            except InvalidVote as error:
                yield self._bad(row, piece, error.field, error.reason)
            except (MalformedVote, UnicodeDecodeError) as error:
                yield self._bad(row, piece, "", str(error))

    def _ballot(self, row: int, piece: Piece, digest: str) -> Ballot:
        element = self._form.spell(piece.text)
        own = _read(element).id
        given = own or f"{digest}.{row}"
        body = element if own else b'%s,"id":"%s"}' % (element.rstrip()[:-1], given.encode())
        if len(body) > LARGEST_VOTE:
            raise MalformedVote("too_large", f"is longer than {LARGEST_VOTE} bytes with its id")
        line = body.replace(b"\n", b" ")  # of a batch
        return Ballot(self._name, row, piece.spot.line, given, line)

    def _bad(self, row: int, piece: Piece, field: str, reason: str) -> BadRow:
        if misfit := _misfit(piece):
            (line, byte), wrong = misfit
            return BadRow(self._name, row, line, "", wrong, byte)
        return BadRow(self._name, row, piece.spot.line, field, reason)


class _Objects:
    """JSON objects, as they are sent."""

    older = False

    def spell(self, text: bytes) -> bytes:
        if ARTIST not in text and RANKED not in text:
            return text
        fields = fields_of(text)
        named = {OLDER.get(name, name): _spelled(value) for name, value in fields.items()}
        if len(named) < len(fields):
            raise MalformedVote("duplicate_key", "a field is there under its older name as well")
        self.older |= named.keys() != fields.keys()
        return msgspec.json.encode(named)


class _Table:
    """Lines of CSV under a header that names the fields, in any order."""

    def __init__(self, header: Piece) -> None:
        names = _names(header)
        self.older = not OLDER.keys().isdisjoint(names)
        self._fields = [OLDER.get(name, name) for name in names]
        _require_columns(self._fields, header.spot.line)

    def spell(self, text: bytes) -> bytes:
        cells = _cells(text)
        if len(cells) != len(self._fields):
            raise MalformedVote("malformed", f"has {len(cells)} columns, and the header {len(self._fields)}")
        filled = {field: cell for field, cell in zip(self._fields, cells, strict=True) if cell or field in NEEDED}
        return msgspec.json.encode(filled)


def _form(chunks: Iterator[bytes]) -> tuple[Form, Iterator[Piece]]:
    first = next(chunks, b"")
    if first.startswith(UTF16):
        raise WrongFile("this is UTF-16: save the file as UTF-8", 1, 1)
    text = first.removeprefix(BOM)
    spot, rest = Spot(1, 1 + len(first) - len(text)), chain([text], chunks)
    head = text.lstrip()[:1]
    if head == b"[":
        return _Objects(), elements(rest, spot)
    pieces = lines(rest, spot)
    return (_Objects() if head in (b"{", b"") else _Table(next(pieces))), pieces


def _names(header: Piece) -> list[str]:
    if misfit := _misfit(header):
        (line, byte), wrong = misfit
        raise WrongFile(wrong, line, byte)
    try:
        return _cells(header.text)
    except MalformedVote as error:
        raise WrongFile(str(error), header.spot.line) from error


def _require_columns(fields: Sequence[str], line: int) -> None:
    if (twice := len(set(fields)) < len(fields)) or not set(NEEDED) <= set(fields) <= set(FIELDS):
        wrong = "names a column twice" if twice else "is another one"
        raise WrongFile(
            f"the header {wrong}: a JSON file begins with [ or {{, and a CSV file with a line that names the columns "
            f"{', '.join(NEEDED)} and perhaps id, voter, separated by commas",
            line,
        )


def _cells(text: bytes) -> list[str]:
    try:
        return next(csv.reader((text.decode(),), strict=True))
    except csv.Error as error:  # a quote that is open at the end of the line: no field of a vote holds a line break
        raise MalformedVote("malformed", "a quote is not closed, or closed before the end of its cell") from error


def _spelled(value: object) -> object:
    return msgspec.Raw(value.encode()) if isinstance(value, Number) else value


def _misfit(piece: Piece) -> tuple[Spot, str] | None:
    """Where a byte is that no text has."""
    start, wrong = piece.text.find(b"\0"), "there is a NUL"
    try:
        piece.text.decode()
    except UnicodeDecodeError as error:
        start, wrong = error.start, "this is not UTF-8 text"
    return (piece.spot.after(piece.text[:start]), wrong) if start >= 0 else None
