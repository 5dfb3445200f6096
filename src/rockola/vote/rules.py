"""Verdicts: pure functions of the log's order, so that the same log always gives the same count."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from rockola.vote.codec import decode_record
from rockola.vote.contest import Contest
from rockola.vote.errors import UnreadableRecord
from rockola.vote.model import Judged, Record, Verdict, Vote

MINUTE = 60_000  # milliseconds


class Entry(NamedTuple):
    """A record's bytes under its offset."""

    offset: int
    value: bytes


class Known(NamedTuple):
    """What a partition remembers of a batch: offsets of counted ids by `Vote.memory`, votes had by voter."""

    ids: Mapping[str, int]
    voters: Mapping[str, int]


class Effect(NamedTuple):
    """What a batch adds: ids with their offsets, votes per voter, and increments per field of the counts.

    A field is a JSON array: `["verdict",v]`, `["door",d]`, and of counted votes `["votes",name,album]`,
    `["sum",name,album]` (of ranks, hundredths), `["rank",name,album,r]` (votes of rank r to below r + 1) and
    `["minute",name,album,m]` (votes received in the minute m since 1970).
    """

    ids: Mapping[str, int]
    voters: Mapping[str, int]
    counts: Mapping[str, int]


class Reading(NamedTuple):
    """An entry and what it says; None when it is unreadable."""

    entry: Entry
    record: Record | None


def read(entries: Sequence[Entry]) -> list[Reading]:
    """Decodes what can be decoded."""
    return [Reading(entry, _record(entry.value)) for entry in entries]


def asked(readings: Sequence[Reading]) -> tuple[list[str], list[str]]:
    """The ids and voters whose memory the verdicts of these records depend on."""
    votes = [reading.record.vote for reading in readings if reading.record]
    return list({v.memory for v in votes if v.id}), list({v.voter for v in votes if v.voter})


def judge(readings: Sequence[Reading], known: Known, contest: Contest) -> list[Judged]:
    """The verdict of each record in order, given what was counted before them."""
    ids, voters = dict(known.ids), dict(known.voters)
    judged = []
    for (offset, value), record in readings:
        if record is None:
            judged.append(Judged(offset, Verdict.UNREADABLE, None, raw=value))
            continue
        verdict = _verdict(record.vote, ids, voters, contest)
        judged.append(Judged(offset, verdict, record, ids[record.vote.memory] if verdict is DUPLICATE else None))
        if verdict is COUNTED:
            _remember(record.vote, offset, ids, voters)
    return judged


def effect(judged: Sequence[Judged]) -> Effect:
    """What the verdicts add to a tally."""
    votes = [(one.offset, one.record.vote) for one in judged if one.verdict is COUNTED and one.record]
    return Effect(
        ids={vote.memory: offset for offset, vote in votes if vote.id},
        voters=Counter(vote.voter for _, vote in votes if vote.voter),
        counts=_counts(judged),
    )


DUPLICATE, COUNTED = Verdict.DUPLICATE, Verdict.COUNTED


def _record(value: bytes) -> Record | None:
    try:
        return decode_record(value)
    except UnreadableRecord:
        return None


def _verdict(vote: Vote, ids: Mapping[str, int], voters: Mapping[str, int], contest: Contest) -> Verdict:
    if not contest.holds(vote):
        return Verdict.NOT_IN_CATALOGUE
    if vote.id and vote.memory in ids:
        return Verdict.DUPLICATE
    limit = contest.votes_per_voter
    if vote.voter and limit is not None and voters.get(vote.voter, 0) >= limit:
        return Verdict.OVER_LIMIT
    return Verdict.COUNTED


def _remember(vote: Vote, offset: int, ids: dict[str, int], voters: dict[str, int]) -> None:
    if vote.id:
        ids[vote.memory] = offset
    if vote.voter:
        voters[vote.voter] = voters.get(vote.voter, 0) + 1


def _counts(judged: Sequence[Judged]) -> dict[str, int]:
    counts: Counter[tuple[object, ...]] = Counter()
    for verdict, number in Counter(one.verdict for one in judged).items():
        counts["verdict", verdict] += number
    for (name, album, rank, door, minute), number in _alike(judged).items():
        counts["door", door] += number
        counts["votes", name, album] += number
        counts["sum", name, album] += number * rank
        counts["rank", name, album, rank // 100] += number
        counts["minute", name, album, minute] += number
    return {msgspec.json.encode(field).decode(): number for field, number in counts.items()}


def _alike(judged: Sequence[Judged]) -> Counter[tuple[str, str, int, str, int]]:
    """Counted votes that add to the same fields, so that a field is spelled once a batch, not once a vote."""
    records = (one.record for one in judged if one.verdict is COUNTED and one.record)
    return Counter((r.vote.name, r.vote.album, r.vote.rank, r.door, r.at // MINUTE) for r in records)
