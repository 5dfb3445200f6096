"""A vote's two written forms beside HTTP's: the record in the log (canonical JSON) and rockola.v1 (protobuf)."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec
from google.protobuf.message import DecodeError
from msgspec import Meta, Raw, Struct

from rockola.vote import vote_pb2 as pb
from rockola.vote.contest import Contest
from rockola.vote.errors import InvalidVote, MalformedVote, UnreadableRecord
from rockola.vote.model import RANKS, Door, Place, Record, Vote, canonical, require
from rockola.vote.voter import check_voter, voter_digest

LATEST = 253_402_300_799_999  # the last millisecond of 9999, and of every store's dates
Outcome = Place | InvalidVote
M = TypeVar("M", pb.Votes, pb.Vote, pb.Receipts, pb.Receipt)


def spell_rank(rank: int) -> str:
    """Hundredths as the shortest decimal: 520 is 5.2, 500 is 5."""
    return f"{rank / 100:.2f}".rstrip("0").rstrip(".")


RANK_TEXTS = tuple(Raw(spell_rank(rank).encode()) for rank in RANKS)
RANK_VALUES = {bytes(text): rank for rank, text in enumerate(RANK_TEXTS)}


class _Written(Struct, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """The record's keys, in their order; absent when empty."""

    name: str
    album: str
    year: int
    rank: Raw
    id: str = ""
    voter: str = ""
    door: Door
    at: Annotated[int, Meta(ge=0, le=LATEST)]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Written).decode


def encode_record(vote: Vote, door: Door, at: int) -> bytes:
    """The bytes that lie in the log: compact JSON, UTF-8, keys in fixed order, rank as the shortest decimal."""
    return _encode(
        _Written(
            name=vote.name,
            album=vote.album,
            year=vote.year,
            rank=RANK_TEXTS[vote.rank],
            id=vote.id,
            voter=vote.voter,
            door=door,
            at=at,
        )
    )


def decode_record(value: bytes) -> Record:
    """The record these bytes hold; UnreadableRecord when they hold none."""
    try:
        w = _decode(value)
        vote = Vote(w.name, w.album, w.year, RANK_VALUES[bytes(w.rank)], w.id, w.voter)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError, InvalidVote) as error:
        raise UnreadableRecord from error
    return Record(vote, w.door, w.at)


_DOORS = {pb.DOOR_UNSPECIFIED: None, pb.DOOR_GRPC: Door.GRPC, pb.DOOR_RUST: Door.RUST}
_DOOR_NUMBERS = {Door.GRPC: pb.DOOR_GRPC, Door.RUST: pb.DOOR_RUST}


class Ballots:
    """Reads and writes rockola.v1; checks every field again, digests voters, spells candidates as the contest does."""

    def __init__(self, secret: bytes, contest: Contest) -> None:
        self._secret, self._contest = secret, contest

    def read_votes(self, message: bytes) -> tuple[Door | None, list[Vote | InvalidVote]]:
        """The door (None: the server's own) and the votes of a `Votes` message; MalformedVote when it is none."""
        votes = parse(pb.Votes(), message)
        if votes.door not in _DOORS:
            raise MalformedVote("malformed", "the door is unknown")
        return _DOORS[votes.door], [self._checked(vote) for vote in votes.votes]

    def read_vote(self, message: bytes) -> Vote:
        """The vote of a `Vote` message; MalformedVote or InvalidVote."""
        return self._vote(parse(pb.Vote(), message))

    def _checked(self, vote: pb.Vote) -> Vote | InvalidVote:
        try:
            return self._vote(vote)
        except InvalidVote as error:
            return error

    def _vote(self, vote: pb.Vote) -> Vote:
        require(not (vote.voter and vote.voter_digest), "voter_digest", "must be empty when voter is given")
        voter = vote.voter_digest
        if vote.voter:
            voter = voter_digest(self._secret, check_voter(vote.voter))
        name, album = canonical("name", vote.name), canonical("album", vote.album)
        return self._contest.spelled(Vote(name, album, vote.year, vote.rank, vote.id, voter))


def parse(empty: M, message: bytes) -> M:
    """The message these bytes hold, its text valid UTF-8; MalformedVote when they hold none."""
    try:
        empty.ParseFromString(message)
    except DecodeError as error:
        raise MalformedVote("malformed", "the message is not of its protobuf type") from error
    return empty


def write_votes(votes: Sequence[Vote], door: Door) -> bytes:
    """A `Votes` message of checked votes."""
    message = pb.Votes(door=_DOOR_NUMBERS[door])
    for vote in votes:
        message.votes.add(
            name=vote.name, album=vote.album, year=vote.year, rank=vote.rank, id=vote.id, voter_digest=vote.voter
        )
    return message.SerializeToString()


def write_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    """A `Receipts` message, in the order of the votes."""
    message = pb.Receipts()
    for outcome in outcomes:
        _fill(message.receipts.add(), outcome)
    return message.SerializeToString()


def write_place(place: Place) -> bytes:
    """A `Receipt` message of a vote that is in the log."""
    receipt = pb.Receipt()
    _fill(receipt, place)
    return receipt.SerializeToString()


def read_outcomes(message: bytes) -> list[Outcome]:
    """The outcomes of a `Receipts` message; MalformedVote when it is none."""
    return [_outcome(receipt) for receipt in parse(pb.Receipts(), message).receipts]


def read_outcome(message: bytes) -> Outcome:
    """The outcome of a `Receipt` message; MalformedVote when it is none."""
    return _outcome(parse(pb.Receipt(), message))


def _fill(receipt: pb.Receipt, outcome: Outcome) -> None:
    """In place: a message that is made alone is copied into the one that holds it."""
    if isinstance(outcome, Place):
        place = receipt.place
        place.generation, place.partition, place.offset = outcome
    else:
        refusal = receipt.refusal
        refusal.code, refusal.field, refusal.reason = outcome.code, outcome.field, outcome.reason


def _outcome(receipt: pb.Receipt) -> Outcome:
    if receipt.HasField("place"):
        place = receipt.place
        return Place(place.generation, place.partition, place.offset)
    if not receipt.HasField("refusal"):
        raise MalformedVote("malformed", "a receipt is neither a place nor a refusal")
    return InvalidVote(receipt.refusal.field, receipt.refusal.reason, receipt.refusal.code)
