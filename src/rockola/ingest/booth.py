"""The booth: where a request becomes votes, or learns what is wrong with it."""

import asyncio
from collections.abc import Sequence

from rockola.ingest import answers, heads
from rockola.ingest.batching import Batcher
from rockola.ingest.http import Request
from rockola.ingest.limits import Quota
from rockola.ingest.waiters import RATE_LIMITED, Answer, One, Refusal, Tray
from rockola.vote.body import LARGEST_BATCH, BodyReader, split_array, split_lines
from rockola.vote.errors import InvalidVote, MalformedVote
from rockola.vote.model import Vote

HURRIED = InvalidVote("voter", "sent more votes a second than a voter may", RATE_LIMITED)
OF_VOTER = answers.problem(429, HURRIED.code, HURRIED.reason, HURRIED.field, answers.RETRY)
OF_ADDRESS = answers.problem(429, RATE_LIMITED, "this address sends more votes a second than it may", "", answers.RETRY)
KEYED = answers.problem(400, "keyed_batch", "each vote of a batch carries its own id: leave Idempotency-Key out")
EMPTY = answers.problem(422, "empty", "there is no vote in the batch")
CROWDED = answers.problem(413, "too_large", f"a batch has at most {LARGEST_BATCH} votes")


class Booth:
    """Reads votes and hands them on; `closed` refuses those that come while the gateway drains."""

    def __init__(self, reader: BodyReader, batcher: Batcher, quota: Quota, answer: Answer) -> None:
        self._reader, self._batcher, self._quota, self._answer = reader, batcher, quota, answer
        self._limited = quota.is_set
        self._now = asyncio.get_running_loop().time
        self.closed = False

    def take_one(self, request: Request) -> None:
        """One vote as a JSON object."""
        if refusal := heads.objection(request.headers, (heads.JSON,)) or self._closing(request, 1):
            self._answer(request, refusal)
            return
        key = request.headers.get(b"idempotency-key")
        try:
            vote = self._reader.read(request.body, None if key is None else key.decode("latin-1"))
        except (InvalidVote, MalformedVote) as error:
            self._answer(request, answers.refusal(error))
            return
        if self._limited and not self._quota.hears(vote, self._now()):
            self._answer(request, OF_VOTER)
        else:
            self._batcher.put(vote, One(request, self._answer))

    def take_batch(self, request: Request) -> None:
        """Votes as a JSON array, or as lines of JSON; those that are right are cast whatever the others are."""
        try:
            bodies = split(request)
        except MalformedVote as error:
            self._answer(request, answers.refusal(error))
            return
        if refusal := batch_objection(request, bodies) or self._closing(request, len(bodies)):
            self._answer(request, refusal)
            return
        read = [self._read(body) for body in bodies]
        tray = Tray(request, self._answer, read)
        self._batcher.put_all([vote for vote in read if isinstance(vote, Vote)], tray)
        tray.answer_when_settled()

    def _closing(self, request: Request, votes: int) -> bytes:
        """The answer for votes that cannot be taken now; empty when they can."""
        if self.closed:
            return answers.DRAINING
        if not self._batcher.has_room(votes):
            return answers.BUSY
        if self._limited and not self._quota.admits(request, self._now(), votes):
            return OF_ADDRESS
        return b""

    def _read(self, body: bytes) -> Vote | Refusal:
        try:
            vote = self._reader.read(body)
        except (InvalidVote, MalformedVote) as error:
            return error
        return vote if not self._limited or self._quota.hears(vote, self._now()) else HURRIED


def split(request: Request) -> Sequence[bytes]:
    """The votes of a batch, unread; none when the head refuses it anyway."""
    media = heads.media_of(request.headers.get(b"content-type", b""))
    if media is None:
        return ()
    return split_lines(request.body) if media == heads.NDJSON else split_array(request.body)


def batch_objection(request: Request, bodies: Sequence[bytes]) -> bytes:
    """The answer for a batch that is none; empty when nothing is wrong with it."""
    if refusal := heads.objection(request.headers, (heads.JSON, heads.NDJSON)):
        return refusal
    if b"idempotency-key" in request.headers:
        return KEYED
    if len(bodies) > LARGEST_BATCH:
        return CROWDED
    return b"" if bodies else EMPTY
