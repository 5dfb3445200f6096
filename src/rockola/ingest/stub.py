"""A gateway's way to a server in another process: one long-lived Cast stream, one message in flight."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from rockola.ingest.batching import LONGEST, NotSent
from rockola.vote.codec import Outcome, read_outcomes, write_votes
from rockola.vote.errors import MalformedVote, Unavailable
from rockola.vote.model import Door, Vote

SERVICE = "rockola.v1.Ballot"
METHOD = f"/{SERVICE}/Cast"
LARGEST_MESSAGE = 250_000  # bytes, under what a server reads
CONNECT = 1.0  # seconds a cast waits for a server that is away before it gives up, nothing sent
LOOK = 0.5  # seconds between two questions whether the server is well
FRESH = 1.0  # seconds in which a cast's own word is believed, whatever the server says of its health
OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
]
LOST = (grpc.RpcError, grpc.aio.UsageError, asyncio.InvalidStateError, TimeoutError, MalformedVote)


class Stub:
    """Casts votes at the server at `address`, in the name of a door. `ready` is whether its last word was good."""

    def __init__(self, address: str, door: Door = Door.GRPC) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=OPTIONS)
        self._open: Any = self._channel.stream_stream(METHOD)
        self._door = door
        self._stream: Any = None
        self._turn = asyncio.Lock()
        self._told = -FRESH
        self.ready = False

    async def watch(self) -> None:
        """Asks the server over and over whether it is well."""
        while True:
            well = await self._is_well()
            if asyncio.get_running_loop().time() - self._told > FRESH:
                self.ready = well
            await asyncio.sleep(LOOK)

    async def cast(self, votes: Sequence[Vote]) -> Sequence[Outcome]:
        """See Ballot.cast; a vote the server refuses is InvalidVote. NotSent when nothing left this process."""
        outcomes: list[Outcome] = []
        async with self._turn:
            try:
                for message, number in messages(votes, self._door):
                    await self._connect(sent=bool(outcomes))
                    outcomes += await self._exchange(message, number)
            except Unavailable:
                self._learn(ready=False)
                raise
        self._learn(ready=True)
        return outcomes

    async def close(self) -> None:
        """Ends the stream; a cast under way is Unavailable."""
        self._drop()
        await self._channel.close()

    def _learn(self, ready: bool) -> None:
        self.ready, self._told = ready, asyncio.get_running_loop().time()

    async def _is_well(self) -> bool:
        question = health_pb2.HealthCheckRequest(service=SERVICE)
        try:
            answer = await health_pb2_grpc.HealthStub(self._channel).Check(question, timeout=CONNECT)
        except grpc.RpcError as error:
            return bool(error.code() is grpc.StatusCode.UNIMPLEMENTED)  # it can be reached, and says no more
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def _connect(self, sent: bool) -> None:
        if self._stream is not None and not self._stream.done():
            return
        try:
            self._channel.get_state(try_to_connect=True)
            await asyncio.wait_for(self._channel.channel_ready(), CONNECT)
        except TimeoutError as error:
            raise (Unavailable if sent else NotSent)("server") from error
        self._stream = self._open()

    async def _exchange(self, message: bytes, number: int) -> Sequence[Outcome]:
        """Sends a message and reads its answer; whatever goes wrong, grpc.aio ends the stream with it."""
        try:
            async with asyncio.timeout(LONGEST):
                await self._stream.write(message)
                answer = await self._stream.read()
            outcomes = [] if answer is grpc.aio.EOF else read_outcomes(answer)
        except LOST as error:
            raise Unavailable("server") from error
        if len(outcomes) != number:
            self._drop()
            raise Unavailable("server")
        return outcomes

    def _drop(self) -> None:
        """The next cast opens a new stream."""
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None


def messages(votes: Sequence[Vote], door: Door) -> Iterator[tuple[bytes, int]]:
    """`Votes` messages that a server reads, each with the number of its votes."""
    message = write_votes(votes, door)
    if len(message) <= LARGEST_MESSAGE or len(votes) == 1:
        yield message, len(votes)
    else:
        half = len(votes) // 2
        yield from messages(votes[:half], door)
        yield from messages(votes[half:], door)


@asynccontextmanager
async def open_stub(address: str) -> AsyncIterator[Stub]:
    """A stub of the server at `host:port`, closed at the end."""
    stub = Stub(address)
    watching = asyncio.create_task(stub.watch())
    try:
        yield stub
    finally:
        watching.cancel()
        await stub.close()
