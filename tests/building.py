"""Builders of votes, records and verdicts, for every suite."""

from collections.abc import Sequence

from rockola.eventlog import Keyed
from rockola.tally import Step
from rockola.vote.codec import encode_record
from rockola.vote.model import Door, Judged, Record, Verdict, Vote
from rockola.vote.rules import Effect, effect

AT = 1_700_000_000_000  # 2023-11-14, Unix milliseconds
VOTER = "0123456789abcdef0123456789abcdef"


def vote(album: str = "Mis palabras", id: str = "", voter: str = "", rank: int = 950) -> Vote:  # noqa: A002
    """A vote for an album of Bohemia Suburbana."""
    return Vote("Bohemia Suburbana", album, 1997, rank, id, voter)


def record(one: Vote | None = None, at: int = AT) -> Record:
    """A record of a vote that came in by the Python door."""
    return Record(one or vote(), Door.GRPC, at)


def keyed(one: Vote | None = None, at: int = AT) -> Keyed:
    """A vote as a server hands it to the log."""
    one = one or vote()
    return Keyed(one.key, encode_record(one, Door.GRPC, at))


def counted(offset: int, one: Vote | None = None, at: int = AT) -> Judged:
    """A counted vote at an offset."""
    return Judged(offset, Verdict.COUNTED, record(one, at))


def step(start: int, *votes: Vote, partition: int = 0) -> Step:
    """Counts votes at the offsets from `start` on."""
    judged = [counted(offset, one) for offset, one in enumerate(votes, start)]
    return Step(partition, start, start + len(votes), effect(judged))


def nothing() -> Effect:
    """The effect of an empty batch."""
    return effect([])


def albums(counts: dict[str, int] | Sequence[str]) -> dict[str, int]:
    """Votes by album, out of a tally's counts."""
    prefix = '["votes","Bohemia Suburbana","'
    return {field[len(prefix) : -2]: counts[field] for field in counts if field.startswith(prefix)}
