"""The server's gRPC edge, rockola.v1.Ballot: reachable by anyone on its network, so it checks every vote again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from rockola.ingest.addresses import spell_address, split_address
from rockola.ingest.server import Ballot
from rockola.metrics import Metrics
from rockola.vote.body import LARGEST_BATCH
from rockola.vote.codec import Ballots, Outcome, write_outcomes, write_place
from rockola.vote.errors import InvalidVote, MalformedVote, Unavailable
from rockola.vote.model import Door, Place, Vote

SERVICE = "rockola.v1.Ballot"
LARGEST_MESSAGE = 262_144  # bytes
LARGEST_METADATA = 8192  # bytes
LOOK = 0.5  # seconds between two looks whether the log takes votes
OPTIONS = [
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_metadata_size", LARGEST_METADATA),
    ("grpc.absolute_max_metadata_size", LARGEST_METADATA),
    ("grpc.max_concurrent_streams", 100),
    ("grpc.keepalive_time_ms", 60_000),  # a client whose machine died does not keep its streams
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.http2.min_ping_interval_without_data_ms", 300_000),
    ("grpc.so_reuseport", 0),  # a second server on the port is a mistake, not a helper
]
Context = grpc.aio.ServicerContext[bytes, bytes]
log = structlog.get_logger()


@dataclass(frozen=True)
class Waits:
    """In seconds: how long a CastOne may take, whatever its deadline says, and how long a stream may keep silent."""

    call: float = 10.0
    silence: float = 300.0  # a gateway opens a new one when it needs it


class Rpc:
    """Answers rockola.v1.Ballot's two calls."""

    def __init__(self, ballot: Ballot, ballots: Ballots, metrics: Metrics, waits: Waits = Waits()) -> None:
        self._ballot, self._ballots, self._metrics = ballot, ballots, metrics
        self._call, self._silence = waits.call, waits.silence
        self._reading: set[asyncio.Timeout] = set()

    @property
    def ready(self) -> bool:
        """Whether a vote sent now would be appended."""
        return self._ballot.ready

    async def cast(self, _: AsyncIterator[bytes], context: Context) -> None:
        """Answers each `Votes` message with one `Receipts` message."""
        async with _mapped(context):
            while (message := await self._next(context)) is not grpc.aio.EOF:
                await context.write(await self._receipts(message))

    async def cast_one(self, message: bytes, context: Context) -> bytes:
        """Answers a `Vote` with its `Receipt`."""
        async with _mapped(context), asyncio.timeout(self._call):
            try:
                vote = self._ballots.read_vote(message)
            except InvalidVote as error:
                self._count([error])
                raise
            (outcome,) = await self._ballot.cast([vote])
        return write_place(cast(Place, outcome))

    def end_streams(self) -> None:
        """Ends every stream after the answer it waits for: a stream that lives long would keep a stop waiting."""
        self._silence = 0
        for timer in self._reading:
            timer.reschedule(0)

    async def _next(self, context: Context) -> Any:
        timer = asyncio.timeout(self._silence)
        self._reading.add(timer)
        try:
            async with timer:
                return await context.read()
        except TimeoutError as error:
            raise Unavailable("stream") from error
        finally:
            self._reading.discard(timer)

    async def _receipts(self, message: bytes) -> bytes:
        door, read = self._ballots.read_votes(message)
        if len(read) > LARGEST_BATCH:
            raise MalformedVote("too_large", f"a message has at most {LARGEST_BATCH} votes")
        self._count([vote for vote in read if isinstance(vote, InvalidVote)])
        votes = [vote for vote in read if isinstance(vote, Vote)]
        places = iter(await self._ballot.cast(votes, door or Door.GRPC) if votes else ())
        outcomes: list[Outcome] = [next(places) if isinstance(vote, Vote) else vote for vote in read]
        return write_outcomes(outcomes)

    def _count(self, refusals: Sequence[InvalidVote]) -> None:
        for code, number in Counter(error.code for error in refusals).items():
            self._metrics.refused.labels(code).inc(number)


@asynccontextmanager
async def _mapped(context: Context) -> AsyncIterator[None]:
    """The table of errors at this edge, and its limit of metadata, which grpcio leaves to well-meaning clients."""
    try:
        if sum(len(name) + len(value) for name, value in context.invocation_metadata() or ()) > LARGEST_METADATA:
            await _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "at most 8 KB of metadata")
        yield
    except InvalidVote as error:
        where = (("rockola-code", error.code), ("rockola-field", error.field))
        await _abort(context, grpc.StatusCode.INVALID_ARGUMENT, f"{error.code}: {error}", where)
    except MalformedVote as error:
        await _abort(context, grpc.StatusCode.INVALID_ARGUMENT, f"{error.code}: {error}")
    except Unavailable as error:
        await _abort(context, grpc.StatusCode.UNAVAILABLE, f"{error} is away: try again, with the same ids")
    except TimeoutError:
        await _abort(context, grpc.StatusCode.DEADLINE_EXCEEDED, "outcome unknown: try again, with the same id")
    except grpc.aio.AbortError:
        raise
    except Exception:
        log.exception("call.failed")
        await _abort(context, grpc.StatusCode.INTERNAL, "internal")


async def _abort(
    context: Context, status: grpc.StatusCode, details: str, trailers: tuple[tuple[str, str], ...] = ()
) -> NoReturn:
    await context.abort(status, details, trailers)


@asynccontextmanager
async def serve_ballot(rpc: Rpc, listen: str, reflected: bool, drain: float) -> AsyncIterator[str]:
    """The server listening at `host:port` (port 0 picks one), as the address it got; drained at the end."""
    server = grpc.aio.server(options=OPTIONS)
    handlers: dict[str, Any] = {
        "Cast": grpc.stream_stream_rpc_method_handler(rpc.cast),
        "CastOne": grpc.unary_unary_rpc_method_handler(rpc.cast_one),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    if reflected:
        reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    host, _ = split_address(listen)
    port = server.add_insecure_port(listen)
    await set_health(servicer, rpc.ready)
    await server.start()
    telling = asyncio.create_task(tell_health(servicer, rpc))
    try:
        yield spell_address(host, port)
    finally:
        telling.cancel()
        await servicer.enter_graceful_shutdown()
        rpc.end_streams()
        await server.stop(drain)


async def tell_health(servicer: health.aio.HealthServicer, rpc: Rpc) -> None:
    """Says whether the log takes votes, for ever."""
    while True:
        await asyncio.sleep(LOOK)
        await set_health(servicer, rpc.ready)


async def set_health(servicer: health.aio.HealthServicer, well: bool) -> None:
    """Says it now, of the server and of its service."""
    answer = health_pb2.HealthCheckResponse
    for name in ("", SERVICE):
        await servicer.set(name, answer.SERVING if well else answer.NOT_SERVING)
