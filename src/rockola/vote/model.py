"""What a vote is: values that are right by construction, compared and passed on, never changed."""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from msgspec import Struct

from rockola.vote.errors import InvalidVote

FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
BLANKS = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{8,128}")
DIGEST = re.compile(r"[0-9a-f]{32}")
LONGEST_TEXT = 80  # characters of a band's or an album's name
LONGEST_SPELLING = 4 * LONGEST_TEXT  # characters before NFC, which makes at most four one; it is slow on long texts
YEARS = range(1900, 2101)
RANKS = range(1001)  # hundredths: 0 to 10


class Door(StrEnum):
    """The service a vote came in by."""

    GRPC = "grpc"
    RUST = "rust"


class Verdict(StrEnum):
    """What became of a record; each gets exactly one, tried in this order."""

    UNREADABLE = "unreadable"
    NOT_IN_CATALOGUE = "not_in_catalogue"
    DUPLICATE = "duplicate"
    OVER_LIMIT = "over_limit"
    COUNTED = "counted"


class Place(NamedTuple):
    """Names one record of one log for ever; its text form `generation.partition.offset` is the receipt."""

    generation: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.generation}.{self.partition}.{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The place a receipt names; ValueError when it is none."""
        if not (found := re.fullmatch(r"([A-Za-z0-9_-]{22})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,17})", text)):
            raise ValueError("a receipt reads generation.partition.offset")
        return cls(found[1], int(found[2]), int(found[3]))


class Vote(Struct, frozen=True, gc=False):
    """A vote as it is counted. `rank` in hundredths; `voter` a digest; `id` and `voter` empty when absent."""

    name: str
    album: str
    year: int
    rank: int
    id: str = ""
    voter: str = ""

    def __post_init__(self) -> None:
        """Refuses what is not in its one canonical form: InvalidVote names the field."""
        _require_right(self.name, self.album, self.year, self.rank)
        if self.id:
            check_id(self.id)
        if self.voter:
            require(DIGEST.fullmatch(self.voter) is not None, "voter", "must be a digest of 32 hexadecimal digits")

    @property
    def key(self) -> str:
        """What decides the partition: all votes of a voter, or all repeats of an id, meet in one."""
        return self.voter or self.id

    @property
    def memory(self) -> str:
        """What a counted vote is remembered under; an id belongs to its voter. Empty without an id."""
        return f"{self.voter}/{self.id}" if self.voter and self.id else self.id


class Record(Struct, frozen=True, gc=False):
    """A vote as it lies in the log: `at` is the server's receive time in Unix milliseconds, shown, never decisive."""

    vote: Vote
    door: Door
    at: int


class Judged(Struct, frozen=True, gc=False):
    """A record with its verdict. `record` is None, and `raw` its bytes, only when it is unreadable."""

    offset: int
    verdict: Verdict
    record: Record | None
    duplicate_of: int | None = None
    raw: bytes = b""


def require(holds: bool, field: str, reason: str) -> None:
    """Raises InvalidVote for the field unless the rule holds."""
    if not holds:
        raise InvalidVote(field, reason)


def canonical(field: str, text: str) -> str:
    """The one spelling of a band or an album: NFC, trimmed, inner blanks collapsed; InvalidVote when there is none."""
    return _remembered(field, text) if len(text) <= LONGEST_SPELLING else _spelled(field, text)


def _spelled(field: str, text: str) -> str:
    require(FORBIDDEN.search(text) is None, field, "must not hold control or direction characters")
    trimmed = BLANKS.sub(" ", text).strip(" ")
    spelled = unicodedata.normalize("NFC", trimmed) if len(trimmed) <= LONGEST_SPELLING else trimmed
    require(1 <= len(spelled) <= LONGEST_TEXT, field, f"must have 1 to {LONGEST_TEXT} characters")
    return spelled


_remembered = lru_cache(maxsize=8192)(_spelled)  # bands and albums repeat: a look-up instead of four passes


@lru_cache(maxsize=32_768)  # a contest has some thousand different votes, but for their ids
def _require_right(name: str, album: str, year: int, rank: int) -> None:
    require(canonical("name", name) == name, "name", "is not in its canonical form")
    require(canonical("album", album) == album, "album", "is not in its canonical form")
    require(year in YEARS, "year", "must be a year from 1900 to 2100")
    require(rank in RANKS, "rank", "must be 0 to 10 with at most two decimals")


def check_id(text: str) -> None:
    """Refuses an id that could not be sent in a header or typed back."""
    require(IDENTIFIER.fullmatch(text) is not None, "id", "must have 8 to 128 of A-Z a-z 0-9 _ . : -")


def partition_of(key: str, partitions: int) -> int:
    """The partition of a key that is not empty: CRC-32 (IEEE 802.3) of its UTF-8 bytes, modulo the partitions."""
    return crc32(key.encode()) % partitions
