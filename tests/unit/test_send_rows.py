"""Which files are vote files, and what is said of those that are not (B-93 to B-99, B-105)."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from rockola.send import DEMO
from rockola.send.errors import WrongFile
from rockola.send.rows import BadRow
from rockola.send.votefile import VoteFile, ignore, open_votes

VOTE = {"name": "Alux Nahual", "album": "El Viaje", "year": "2011", "rank": "8.6"}
LINE = json.dumps(VOTE).encode()
HEADER = b"name,album,year,rank\n"
CELLS = b"Alux Nahual,El Viaje,2011,8.6"


Opened = Callable[..., VoteFile]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a file with the content that it is called with."""
    with ExitStack() as stack:

        def opened(content: bytes, max_bad: int = 0, on_bad: Callable[[BadRow], None] = ignore) -> VoteFile:
            path = tmp_path / "votes"
            path.write_bytes(content)
            return stack.enter_context(closing(open_votes(str(path), max_bad, on_bad)))

        yield opened


def sent(file: VoteFile) -> list[dict[str, str]]:
    """The votes of a file as they are sent, but without their ids."""
    bodies = [json.loads(ballot.body) for ballot in file.ballots()]
    return [{field: value for field, value in body.items() if field != "id"} for body in bodies]


def complaint(opened: Opened, content: bytes) -> str:
    """What is said of a file with this content, without its name."""
    with pytest.raises(WrongFile) as caught:
        opened(content)
    return str(caught.value).partition("votes: ")[2]


TWICE = [VOTE, VOTE]
FORMS = {
    "an array": b"[" + LINE + b"," + LINE + b"]",
    "an array of a row a line": b"[\n" + LINE + b",\r\n" + LINE + b"\n]\n",
    "an indented array": json.dumps(TWICE, indent=4).encode(),
    "NDJSON": LINE + b"\n" + LINE + b"\n",
    "NDJSON with blank lines": b"\n \n" + LINE + b"\n\n" + LINE + b"\n\n",
    "CSV": HEADER + CELLS + b"\n" + CELLS + b"\n",
    "CSV in another order": b"rank,year,album,name\n" + 2 * b'8.6,2011,"El Viaje",Alux Nahual\n',
    "CSV with empty ids": b"id," + HEADER + 2 * (b"," + CELLS + b"\n"),
    "B-93 no final newline": LINE + b"\n" + LINE,
    "B-93 CSV without a final newline": HEADER + CELLS + b"\n" + CELLS,
    "B-94 CRLF": HEADER.replace(b"\n", b"\r\n") + 2 * (CELLS + b"\r\n"),
    "B-94 LF and CRLF": LINE + b"\r\n" + LINE + b"\n",
    "B-95 BOM before CSV": b"\xef\xbb\xbf" + HEADER + CELLS + b"\n" + CELLS,
    "B-95 BOM before an array": b"\xef\xbb\xbf[" + LINE + b"," + LINE + b"]",
    "older names in JSON": 2 * (LINE.replace(b'"name"', b'"artist"').replace(b'"rank"', b'"ranked"') + b"\n"),
    "older names in CSV": b"artist,album,year,ranked\n" + CELLS + b"\n" + CELLS,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_alike(opened: Opened, form: str) -> None:
    assert sent(opened(FORMS[form])) == TWICE


EMPTY = {
    "no byte": b"",
    "only newlines": b"\n\r\n",
    "only a header": HEADER,
    "an empty array": b"[]",
    "blanks": b"[ ]\n",
}


@pytest.mark.parametrize("form", EMPTY)
def test_b93_a_file_without_rows_has_no_votes(opened: Opened, form: str) -> None:
    assert sent(opened(EMPTY[form])) == []


def test_b99_a_formula_is_a_text(opened: Opened) -> None:
    assert sent(opened(HEADER + b"=cmd|' /C calc'!A0,El Viaje,2011,8.6"))[0]["name"] == "=cmd|' /C calc'!A0"


def test_numbers_stay_as_they_are_written(opened: Opened) -> None:
    row = b'{"artist":"Alux Nahual","album":"El Viaje","year":2011,"ranked":8.60}'
    assert b'"rank":8.60' in next(opened(row).ballots()).body


def test_older_names_are_noticed(opened: Opened) -> None:
    assert opened(FORMS["older names in JSON"]).older


def test_older_names_in_a_text_are_no_names(opened: Opened) -> None:
    assert not opened(LINE.replace(b'"El Viaje"', b'"artist"')).older


def test_the_demo_holds_the_original_votes(opened: Opened) -> None:
    albums = [body["album"] for body in sent(opened(DEMO.read_bytes()))]
    assert {album: albums.count(album) for album in sorted(set(albums))} == {
        "El Viaje": 250,
        "Imaginaria Sonora": 320,
        "Mis palabras": 280,
        "Rock chapin": 160,
    }


HEAD = "line 1: the header"
COMPLAINTS = {
    "B-94 CR alone": (HEADER.replace(b"\n", b"\r") + CELLS + b"\r", "line 1: a line ends with CR alone"),
    "B-94 CR among LF": (LINE + b"\n" + LINE + b"\r" + LINE, "line 2: a line ends with CR alone"),
    "B-95 two BOMs": (2 * b"\xef\xbb\xbf" + HEADER, HEAD),
    "B-95 UTF-16": (HEADER.decode().encode("utf-16"), "line 1, byte 1: this is UTF-16"),
    "B-95 UTF-16 without a BOM": (HEADER.decode().encode("utf-16-le"), "line 1, byte 2: there is a NUL"),
    "B-95 Latin-1": (HEADER + CELLS + b"\nMal\xf3n,El Viaje,2011,8.6", "line 3, byte 4: this is not UTF-8"),
    "B-95 Latin-1 in the header": (b"name,alb\xfam,year,rank", "line 1, byte 9: this is not UTF-8"),
    "B-95 Latin-1 in JSON": (LINE + b"\n" + LINE.replace(b"Alux", b"Al\xfax"), "line 2, byte 13: this is not UTF-8"),
    "B-95 NUL": (b"[" + LINE + b",\n" + LINE.replace(b"Alux", b"Al\0x") + b"]", "line 2, byte 13: there is a NUL"),
    "B-95 NUL behind a BOM": (b"\xef\xbb\xbf" + LINE.replace(b"Alux", b"\0lux"), "line 1, byte 14: there is a NUL"),
    "B-96 a long line": (LINE + b"\n" + 10_000_000 * b"x", "line 2, byte 1: a row is longer than 4096 bytes"),
    "B-96 a long row of an array": (b'[{"name":"' + 10_000_000 * b"x", "line 1, byte 2: there is no vote here"),
    "B-96 a long name in an array": (b'[\n{"name":"' + 5000 * b"x" + b'"}]', "line 2, byte 1: a row is longer"),
    "B-96 a row that only its id makes long": (
        LINE.replace(b":", b":" + 4000 * b" ", 1),
        "line 1: is longer than 4096",
    ),
    "B-97 a quote that stays open": (HEADER + CELLS + b'\n"Alux,El Viaje,2011,8.6\n' + CELLS, "line 3: a quote is not"),
    "B-97 a quote in a cell": (HEADER + b'"Alux" Nahual,El Viaje,2011,8.6', "line 2: a quote is not closed, or closed"),
    "B-98 a column too few": (
        HEADER + CELLS + b"\nAlux Nahual,El Viaje,2011",
        "line 3: has 3 columns, and the header 4",
    ),
    "B-98 a column too many": (HEADER + CELLS + b",1", "line 2: has 5 columns, and the header 4"),
    "B-98 a renamed column": (b"band,album,year,rank\n", HEAD),
    "B-98 a column twice": (b"name,album,year,rank,rank\n", f"{HEAD} names a column twice"),
    "B-98 a column under both names": (b"name,artist,album,year,rank\n", f"{HEAD} names a column twice"),
    "B-98 an extra column": (b"name,album,year,rank,door\n", HEAD),
    "B-98 other spaces": (b"name, album, year, rank\n", HEAD),
    "B-98 another separator": (HEADER.replace(b",", b";"), HEAD),
    "B-98 no header": (CELLS, HEAD),
    "B-105 a bad rank": (LINE + b"\n" + LINE.replace(b"8.6", b"8.666"), "line 2: rank: must be 0 to 10"),
    "B-105 a missing field": (b'{"name":"Alux Nahual","album":"El Viaje","year":2011}', "line 1: rank: is missing"),
    "an unknown field": (LINE.replace(b"{", b'{"door":"grpc",'), "line 1: there is a field that a vote does not have"),
    "a field twice": (LINE.replace(b"{", b'{"name":"Ash",'), "line 1: a key is there twice"),
    "a field under both names": (LINE.replace(b"{", b'{"artist":"Ash",'), "line 1: a field is there under its older"),
    "an older name of a number": (
        b'{"artist":5,"album":"El Viaje","year":2011,"rank":5}',
        "line 1: name: must be a text",
    ),
    "an empty cell": (HEADER + b",El Viaje,2011,8.6", "line 2: name: must have 1 to 80 characters"),
    "another JSON": (b'{"votes":[]}', "line 1: there is a field"),
    "rows without commas": (b"[" + LINE + b"\n" + LINE + b"]", "line 2, byte 1: there is no vote here"),
    "a nested row": (b"[" + LINE + b',\n{"name":{"$ne":null}}]', "line 2, byte 1: there is no vote here"),
    "a comma at the end": (b"[" + LINE + b",]", "line 1, byte 78: there is no vote here"),
    "an array that is not closed": (b"[\n" + LINE, "line 2, byte 76: the array ends in the middle"),
    "an array with a tail": (b"[" + LINE + b"]\n" + LINE, "line 2, byte 1: something stands behind the end"),
}


@pytest.mark.parametrize("case", COMPLAINTS)
def test_what_is_wrong_is_said_with_its_place(opened: Opened, case: str) -> None:
    content, said = COMPLAINTS[case]
    assert complaint(opened, content).startswith(said)


BAD = LINE.replace(b"8.6", b"11")


def test_b105_bad_rows_are_left_out(opened: Opened) -> None:
    rows = [ballot.row for ballot in opened(LINE + b"\n" + BAD + b"\n" + LINE, max_bad=1).ballots()]
    assert rows == [1, 3]


def test_b105_each_bad_row_is_told(opened: Opened) -> None:
    found = list[BadRow]()
    opened(b"\n" + LINE + b"\n" + BAD + b"\n" + LINE.replace(b"El", b"\xff"), 2, found.append)
    assert [row[1:] for row in found] == [
        (2, 3, "rank", "must be 0 to 10 with at most two decimals", 0),
        (3, 4, "", "this is not UTF-8 text", 35),
    ]


def test_b105_more_bad_rows_than_allowed_are_too_many(opened: Opened) -> None:
    with pytest.raises(WrongFile, match="more than 1 rows are bad, and then line 2: rank"):
        opened(BAD + b"\n" + BAD, max_bad=1)
