"""Reads the bytes of a record, by a reader of its own: what docs/protocol.md calls a record, and nothing else."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from json import JSONDecoder
from typing import Any

from rockola.verify.sources import Content

OWN, DIGEST = re.compile(r"[\w.:-]{8,128}", re.ASCII), re.compile("[0-9a-f]{32}")
YEARS = {str(year): year for year in range(1900, 2101)}
RANKS = {f"{rank // 100}.{rank % 100:02}".rstrip("0").rstrip("."): rank for rank in range(1001)}
END = 253_402_300_800_000  # the year 10000, in Unix milliseconds
LONGEST = 80  # characters
SIGNS = {"Cc", "Cs", "Zl", "Zp"}  # categories that a name has nothing of: control, half characters, line ends
TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # of the direction


class Number(str):
    """A number as it is written: 9.50 is not 9.5 here."""

    __slots__ = ()


class Pairs(tuple[tuple[str, Any], ...]):
    """An object as it is written: a key may be there twice."""

    __slots__ = ()


_decode = JSONDecoder(parse_int=Number, parse_float=Number, object_pairs_hook=Pairs).decode


def read(value: bytes) -> Content | None:
    """What the record says; None when no server writes such bytes."""
    try:
        written = _decode(value.decode())
        if type(written) is not Pairs:
            return None
        fields = {key: FIELDS[key](each) for key, each in written}
        return (
            fields["name"],
            fields["album"],
            fields["year"],
            fields["rank"],
            fields.get("id"),
            fields.get("voter"),
            fields["door"],
            fields["at"],
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


@lru_cache(maxsize=8192, typed=True)
def _name(text: object) -> str:
    if type(text) is not str:
        raise TypeError
    if not 1 <= len(text) <= LONGEST or TURNS & set(text) or SIGNS & {unicodedata.category(sign) for sign in text}:
        raise ValueError
    words = "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in text).split(" ")
    if not " ".join(filter(None, words)) == text == unicodedata.normalize("NFC", text):
        raise ValueError
    return text


def _number(number: object) -> str:
    if type(number) is not Number:
        raise TypeError
    return number


def _time(number: object) -> int:
    time = int(_number(number))
    if not 0 <= time < END:
        raise ValueError
    return time


def _matching(pattern: re.Pattern[str]) -> Callable[[object], str | None]:
    def matching(text: object) -> str | None:
        if type(text) is not str or (text and not pattern.fullmatch(text)):
            raise ValueError
        return text or None

    return matching


def _door(text: object) -> str:
    if type(text) is not str or text not in {"grpc", "rust"}:
        raise ValueError
    return text


FIELDS: Mapping[str, Callable[[object], Any]] = {
    "name": _name,
    "album": _name,
    "year": lambda number: YEARS[_number(number)],
    "rank": lambda number: RANKS[_number(number)],
    "id": _matching(OWN),
    "voter": _matching(DIGEST),
    "door": _door,
    "at": _time,
}
