"""What a door's answer says about each vote of a batch."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec import Struct

from rockola.send.errors import WrongDoor

ACCEPTED, SEVERAL = 202, 207
REFUSED = frozenset((400, 409, 413, 422))
AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))


class Fate(StrEnum):
    """What became of a vote at the door."""

    ACCEPTED = "accepted"  # in the log
    REFUSED = "refused"  # never in the log
    UNKNOWN = "unknown"  # perhaps in the log: to be sent again with the same id


class Answer(NamedTuple):
    """An HTTP answer; `wait` are the seconds of its Retry-After, 0 without one."""

    status: int
    wait: float
    body: bytes


class Outcome(NamedTuple):
    """The fate of one vote: the receipt of an accepted one, field and reason of a refused one."""

    fate: Fate
    receipt: str = ""
    field: str = ""
    reason: str = ""


UNKNOWN = Outcome(Fate.UNKNOWN)
NONE = Answer(0, 0, b"")  # nobody answered in time, or the connection broke


class _Told(Struct):
    """A vote's entry in the answer to a batch, or the whole answer to a single one."""

    status: int = 0
    receipt: str = ""
    code: str = ""
    field: str = ""
    reason: str = ""
    detail: str = ""


class _Batch(Struct):
    votes: list[_Told]


_batch = msgspec.json.Decoder(_Batch).decode
_single = msgspec.json.Decoder(_Told).decode


def outcomes(answer: Answer, number: int, batched: bool) -> Sequence[Outcome]:
    """An outcome for each of the `number` votes that were asked about, in order; WrongDoor when this is no door."""
    if answer is NONE or answer.status in AGAIN:
        return [UNKNOWN] * number
    if answer.status not in REFUSED | {ACCEPTED, SEVERAL}:
        raise WrongDoor(f"answers {answer.status}, which no door does: is it the right address?")
    try:
        if answer.status in REFUSED or not batched:
            return [_outcome(answer.status, _single(answer.body))] * number
        told = [_outcome(entry.status, entry) for entry in _batch(answer.body).votes]
    except (msgspec.MsgspecError, UnicodeError):
        return [UNKNOWN] * number
    return told if len(told) == number else [UNKNOWN] * number


def _outcome(status: int, told: _Told) -> Outcome:
    if status == ACCEPTED:
        return Outcome(Fate.ACCEPTED, told.receipt)
    if status in REFUSED:
        return Outcome(Fate.REFUSED, "", told.field, told.reason or told.detail or told.code)
    return UNKNOWN
