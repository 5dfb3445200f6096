"""A vote as HTTP brings it: JSON read strictly, with the code and field of whatever is wrong."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from rockola.vote.codec import spell_rank
from rockola.vote.contest import Contest
from rockola.vote.errors import InvalidVote, MalformedVote
from rockola.vote.model import RANKS, YEARS, Vote, canonical, check_id, require
from rockola.vote.voter import check_voter, voter_digest

LARGEST_VOTE = 4096  # bytes
LARGEST_BATCH = 1000  # votes
LARGEST_BATCH_BODY = 262_144  # bytes
FIELDS = ("name", "album", "year", "rank", "id", "voter")
NEEDED = FIELDS[:4]


def _spellings(rank: int) -> set[str]:
    """Every text of a rank: as short as can be, and with one or two decimals."""
    return {spell_rank(rank), f"{rank / 100:.2f}"} | ({f"{rank / 100:.1f}"} if rank % 10 == 0 else set())


RANK_OF = {text: rank for rank in RANKS for text in _spellings(rank)}
YEAR_OF = {str(year): year for year in YEARS}
RAW_RANK_OF = {form.encode(): rank for text, rank in RANK_OF.items() for form in (text, f'"{text}"')}
RAW_YEAR_OF = {form.encode(): year for text, year in YEAR_OF.items() for form in (text, f'"{text}"')}


class _Body(Struct, forbid_unknown_fields=True):
    """A vote's usual form. Year and rank stay as written, to be looked up among their spellings."""

    name: str
    album: str
    year: Raw
    rank: Raw
    id: str | UnsetType = UNSET
    voter: str | UnsetType = UNSET


_usual = msgspec.json.Decoder(_Body).decode
_array = msgspec.json.Decoder(list[Raw]).decode


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class BodyReader:
    """Reads bodies for one contest; voters leave as digests."""

    def __init__(self, secret: bytes, contest: Contest) -> None:
        self._secret, self._contest = secret, contest

    def read(self, body: bytes, key: str | None = None) -> Vote:
        """The vote of a body and its Idempotency-Key header; MalformedVote, or InvalidVote with the field."""
        try:
            found = _usual(body)
            year, rank = RAW_YEAR_OF[bytes(found.year)], RAW_RANK_OF[bytes(found.rank)]
        except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError):
            return self._read_exactly(body, key)
        own, voter = found.id, found.voter
        # One colon a key, and none in a text: no key stands there twice, which msgspec would not say.
        if body.count(b":") != 4 + (own is not UNSET) + (voter is not UNSET):
            return self._read_exactly(body, key)
        require_agreement(own, key)
        name, album = canonical("name", found.name), canonical("album", found.album)
        return self._contest.spelled(Vote(name, album, year, rank, agreed_id(own, key), self._digest(voter)))

    def _read_exactly(self, body: bytes, key: str | None) -> Vote:
        """The same by a slow path that names what is wrong first, in the order of FIELDS."""
        fields = fields_of(body)
        require_agreement(fields.get("id", UNSET), key)
        for field in fields:
            require_known(field)
        for field in NEEDED:
            if field not in fields:
                raise InvalidVote(field, "is missing", "missing_field")
        name, album = canonical("name", text(fields, "name")), canonical("album", text(fields, "album"))
        year = known(YEAR_OF, fields["year"], "year", "must be a year from 1900 to 2100")
        rank = known(RANK_OF, fields["rank"], "rank", "must be 0 to 10 with at most two decimals")
        own = agreed_id(text(fields, "id"), key)
        return self._contest.spelled(Vote(name, album, year, rank, own, self._digest(text(fields, "voter"))))

    def _digest(self, voter: str | UnsetType) -> str:
        return "" if voter is UNSET else voter_digest(self._secret, check_voter(voter))


def split_array(body: bytes) -> Sequence[bytes]:
    """The elements of a JSON array, each as written; MalformedVote when it is none."""
    try:
        return [bytes(element) for element in _array(body)]
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedVote("malformed", "the body is not a JSON array") from error


def split_lines(body: bytes) -> Sequence[bytes]:
    """The lines of an NDJSON body that are not blank."""
    return [line for line in body.split(b"\n") if line.strip()]


def require_agreement(own: Any, key: str | None) -> None:
    """Refuses an id that differs from the Idempotency-Key header, as MalformedVote."""
    if own is not UNSET and key is not None and own != key:
        raise MalformedVote("id_mismatch", "id and the Idempotency-Key header differ")


def agreed_id(own: str | UnsetType, key: str | None) -> str:
    """The one id that field or header gives, empty when neither does."""
    chosen = own if key is None else key
    if chosen is UNSET:
        return ""
    check_id(chosen)
    return chosen


def require_known(field: str) -> None:
    """Refuses a field that a vote does not have; its name is not echoed."""
    if field not in FIELDS:
        raise InvalidVote("", "there is a field that a vote does not have", "unknown_field")


def text(fields: dict[str, Any], field: str) -> Any:
    """A field that must be a text when it is there; UNSET when it is not."""
    value = fields.get(field, UNSET)
    require(value is UNSET or (isinstance(value, str) and not isinstance(value, Number)), field, "must be a text")
    return value


def known(table: dict[str, int], value: Any, field: str, reason: str) -> int:
    """The value of a text or number among its spellings."""
    require(isinstance(value, str) and value in table, field, reason)
    return table[value]


def fields_of(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object (RFC 8259), numbers as written; MalformedVote when it is none."""
    if not body.strip(b" \t\r\n"):
        raise MalformedVote("body_not_object", "the body is empty")
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_distinct,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse_constant,
        )
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError) as error:
        raise MalformedVote("malformed", "the body is not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise MalformedVote("body_not_object", "the body is not a JSON object")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedVote("duplicate_key", "a key is there twice")
    return found


def _refuse_constant(_: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")
