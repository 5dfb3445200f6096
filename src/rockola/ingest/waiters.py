"""Who waits for the outcome of votes: a request with one vote, or with a batch of them."""

from collections.abc import Callable, Sequence

import msgspec

from rockola.ingest import answers
from rockola.ingest.batching import NotSent
from rockola.ingest.http import Request
from rockola.vote.codec import Outcome
from rockola.vote.errors import InvalidVote, MalformedVote, Unavailable
from rockola.vote.model import Place, Vote

Refusal = InvalidVote | MalformedVote
Answer = Callable[[Request, bytes], None]
ACCEPTED = "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: "
RATE_LIMITED = "rate_limited"


class One:
    """A request with one vote."""

    __slots__ = ("_answer", "_request")

    def __init__(self, request: Request, answer: Answer) -> None:
        self._request, self._answer = request, answer

    def settle(self, vote: Vote, outcome: Outcome | Unavailable) -> None:
        """See Waiter."""
        if type(outcome) is Place:
            body = f"{{{spell_accepted(vote, outcome)}}}"
            self._answer(self._request, f"{ACCEPTED}{len(body)}\r\n\r\n{body}".encode())
        elif isinstance(outcome, InvalidVote):
            self._answer(self._request, answers.refusal(outcome))
        else:
            self._answer(self._request, answers.AWAY if isinstance(outcome, NotSent) else answers.UNKNOWN)


class Tray:
    """A request with a batch: `read` are its votes and what was refused of them; answered when all are settled."""

    def __init__(self, request: Request, answer: Answer, read: Sequence[Vote | Refusal]) -> None:
        self._request, self._answer, self._read = request, answer, read
        self._left = sum(isinstance(vote, Vote) for vote in read)
        self._outcomes: list[Outcome | Unavailable] = []

    def settle(self, _: Vote, outcome: Outcome | Unavailable) -> None:
        """See Waiter."""
        self._outcomes.append(outcome)
        self._left -= 1
        self.answer_when_settled()

    def answer_when_settled(self) -> None:
        """Answers if there is nothing to wait for."""
        if not self._left:
            self._answer(self._request, self._reply())

    def _reply(self) -> bytes:
        """202, 207, or 503 for the whole batch when a vote's outcome is not known."""
        lost = [outcome for outcome in self._outcomes if isinstance(outcome, Unavailable)]
        if lost:
            certain = len(lost) == len(self._outcomes) and all(isinstance(outcome, NotSent) for outcome in lost)
            return answers.AWAY if certain else answers.UNKNOWN
        outcomes = iter(self._outcomes)
        settled = [(vote, next(outcomes) if isinstance(vote, Vote) else vote) for vote in self._read]
        accepted = all(type(outcome) is Place for _, outcome in settled)
        told = ",".join([spell_outcome(vote, outcome) for vote, outcome in settled])
        return answers.answer(202 if accepted else 207, f'{{"votes":[{told}]}}')


def spell_accepted(vote: Vote, place: Place) -> str:
    """JSON members of an accepted vote; the rule of ids leaves nothing to escape."""
    generation, partition, offset = place  # spelled here: str() of a place takes twice as long
    own = f'"{vote.id}"' if vote.id else "null"
    return f'"id":{own},"receipt":"{generation}.{partition}.{offset}"'


def spell_outcome(vote: object, outcome: object) -> str:
    """JSON of what became of a vote of a batch."""
    if isinstance(vote, Vote) and type(outcome) is Place:
        return f'{{"status":202,{spell_accepted(vote, outcome)}}}'
    told: dict[str, object] = {"status": 400}
    if isinstance(outcome, InvalidVote):
        told = {"status": 429 if outcome.code == RATE_LIMITED else 422, "field": outcome.field}
    if isinstance(outcome, Refusal):
        told |= {"code": outcome.code, "reason": outcome.reason}
    return msgspec.json.encode(told).decode()
