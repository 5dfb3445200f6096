"""Holds every promise of a run against what the system says that it keeps and counts. Pure.

A: an accepted vote is judged once, and as a single reader of the log would judge it. B: a refused one is nowhere. C: no
vote is counted twice. D: the results are the recount of the kept votes. E: their sum is the number of distinct votes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from load.ledger import Promise
from load.mixes import surprise
from load.pages import Kept, Results
from rockola.send.answers import Fate
from rockola.vote.model import Place

NEVER_REMEMBERED = {"not_in_catalogue", "over_limit"}  # such a record leaves its id to the next one

Candidate = tuple[str, str]
Mine = Mapping[str, Sequence[Kept]]  # by id
Key = TypeVar("Key")


class Recount(NamedTuple):
    """The kept votes before the positions of the results, counted, and those that have an id of the run."""

    candidates: Counter[Candidate]
    doors: Counter[str]
    verdicts: Counter[str]
    distinct: int
    mine: Mine


def recount(kept: Iterable[Kept], results: Results, ids: set[str]) -> Recount:
    """Counts the kept votes up to where the results hold."""
    candidates, doors, verdicts = Counter[Candidate](), Counter[str](), Counter[str]()
    distinct, mine = set[tuple[str | None, str]](), defaultdict[str, list[Kept]](list)
    for vote in kept:
        if vote.id in ids:
            mine[vote.id].append(vote)
        if not results.holds(vote.receipt):
            continue
        verdicts[vote.verdict] += 1
        if vote.verdict == "counted":
            candidates[vote.name or "", vote.album or ""] += 1
            doors[vote.door or ""] += 1
            distinct.add((vote.voter, vote.id) if vote.id else (None, vote.receipt))
    return Recount(candidates, doors, verdicts, len(distinct), mine)


def audit(promises: Iterable[Promise], recounted: Recount, results: Results) -> Iterator[str]:
    """A sentence for each promise that was broken, beginning with its letter."""
    for promise in promises:
        kept = recounted.mine.get(promise.id, ())
        yield from _accepted(promise, kept, results)
        yield from _answered(promise, kept)
        for group in _by_voter(kept):
            yield from _judged(promise.id, group)
    yield from _results(recounted, results)


def _accepted(promise: Promise, kept: Sequence[Kept], results: Results) -> Iterator[str]:
    records = {vote.receipt for vote in kept}
    for receipt in promise.receipts:
        if not results.holds(receipt):
            yield f"A: the vote {promise.id} was accepted as {receipt}, and the results do not hold it"
        elif receipt not in records:
            yield f"A: the vote {promise.id} was accepted, and its receipt {receipt} names no vote of that id"


def _answered(promise: Promise, kept: Sequence[Kept]) -> Iterator[str]:
    if promise.fate is Fate.REFUSED and kept:
        yield f"B: the vote {promise.id} was refused, and {kept[0].receipt} is kept"
    if wrong := surprise(promise.kind, promise.fate):
        yield f"{wrong}: {promise.id}"


def _by_voter(kept: Sequence[Kept]) -> Iterable[Sequence[Kept]]:
    """An id belongs to its voter."""
    groups = defaultdict[str | None, list[Kept]](list)
    for vote in kept:
        groups[vote.voter].append(vote)
    return groups.values()


def _judged(name: str, votes: Sequence[Kept]) -> Iterator[str]:
    """What a single reader of the log says of votes of one id: they lie in one partition."""
    counted = ""
    for vote in sorted(votes, key=lambda vote: Place.parse(vote.receipt)):
        if vote.verdict == "counted" and counted:
            yield f"C: the vote {name} is counted twice: {counted} and {vote.receipt}"
        elif vote.verdict == "counted":
            counted = vote.receipt
        elif vote.verdict not in NEVER_REMEMBERED and not (counted and vote.duplicate_of == counted):
            yield f"A: {vote.receipt} is kept as {vote.verdict} of {vote.duplicate_of}; {counted or 'none'} is counted"


def _results(recounted: Recount, results: Results) -> Iterator[str]:
    said = {(one.name, one.album): one.votes for one in results.candidates}
    yield from _compared("votes of a candidate", said, recounted.candidates)
    yield from _compared("votes of a door", results.doors, recounted.doors)
    yield from _compared("verdicts", results.verdicts, recounted.verdicts)
    if results.counted != recounted.distinct:
        yield f"E: the results count {results.counted} votes, and {recounted.distinct} distinct ones are kept"


def _compared(what: str, said: Mapping[Key, int], found: Mapping[Key, int]) -> Iterator[str]:
    for key in {*said, *found}:
        if said.get(key, 0) != found.get(key, 0):
            yield f"D: {what}, {key}: the results say {said.get(key, 0)}, and {found.get(key, 0)} are kept"
