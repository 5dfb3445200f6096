"""What was sent and what was promised: noted before a vote leaves and once it is answered."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from rockola.send.answers import Fate
from rockola.send.listeners import Settled
from rockola.send.rows import Ballot

PART = 2000  # promises a message carries


class Promise(msgspec.Struct, array_like=True):
    """All that was sent under an id. `open` requests had no answer; `body` is kept as long as one may be needed."""

    id: str
    kind: str
    body: bytes = b""
    open: int = 0
    refused: int = 0
    receipts: list[str] = []

    @property
    def fate(self) -> Fate:
        """What the sender knows of it."""
        if self.receipts:
            return Fate.ACCEPTED
        return Fate.UNKNOWN if self.open else Fate.REFUSED


class Ledger:
    """The promises of a run, or of a worker's part of it, told by users and by the `Sender` that repeats."""

    def __init__(self) -> None:
        self._promises: dict[str, Promise] = {}

    def __iter__(self) -> Iterator[Promise]:
        return iter(self._promises.values())

    def note(self, ballot: Ballot, kind: str) -> None:
        """A vote of this kind is about to be sent."""
        promise = self._promises.setdefault(ballot.id, Promise(ballot.id, kind))
        promise.body = promise.body or ballot.body
        promise.open += 1

    def sending(self, ballots: Sequence[Ballot]) -> None:
        """See Listener; every one of them was noted before."""

    def settled(self, votes: Iterable[Settled]) -> None:
        """See Listener. An outcome that is unknown leaves its vote open."""
        for ballot, outcome in votes:
            promise = self._promises[ballot.id]
            if outcome.fate is Fate.UNKNOWN:
                continue
            promise.open -= 1
            if outcome.fate is Fate.ACCEPTED:
                promise.receipts.append(outcome.receipt)
            else:
                promise.refused += 1
            if not promise.open:
                promise.body = b""

    def unknown(self) -> list[Ballot]:
        """The votes to be sent once more, now that nothing is under way: a single answer settles each."""
        unknown = [promise for promise in self if promise.fate is Fate.UNKNOWN]
        for promise in unknown:
            promise.open = 1
        return [Ballot("", 0, 0, promise.id, promise.body) for promise in unknown]

    def fates(self) -> Counter[Fate]:
        """How many votes ended how."""
        return Counter(promise.fate for promise in self)

    def parts(self) -> Iterator[bytes]:
        """The whole in messages."""
        promises = list(self)
        for start in range(0, len(promises), PART):
            yield msgspec.msgpack.encode(promises[start : start + PART])

    def add(self, part: bytes) -> None:
        """What another one was promised; the same id may have been sent by both."""
        for promise in msgspec.msgpack.decode(part, type=list[Promise]):
            known = self._promises.setdefault(promise.id, promise)
            if known is not promise:
                known.open, known.refused = known.open + promise.open, known.refused + promise.refused
                known.body = known.body or promise.body
                known.receipts += promise.receipts
