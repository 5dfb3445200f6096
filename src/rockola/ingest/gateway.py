"""The gateway: takes votes over HTTP, hands them on in batches, and answers only after the server did."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

from rockola.ingest import answers, heads
from rockola.ingest.addresses import Proxies
from rockola.ingest.batching import Batcher, Cast
from rockola.ingest.booth import Booth
from rockola.ingest.http import Deadlines, Request, Service
from rockola.ingest.limits import Quota
from rockola.ingest.listener import Listener
from rockola.metrics import Metrics
from rockola.settings import Settings
from rockola.vote.body import LARGEST_BATCH_BODY, BodyReader

BATCH = b"/grpc/votes"
STATUS = slice(len("HTTP/1.1 "), len("HTTP/1.1 202"))  # where an answer has it
LIVE, READY = answers.answer(200, '{"status":"ok"}'), answers.answer(200, '{"status":"ready"}')


class Route(NamedTuple):
    """What a target serves, and the answer for every other method."""

    methods: frozenset[bytes]
    serve: Callable[[Request], None]
    otherwise: bytes


@dataclass(frozen=True)
class Behind:
    """What is behind a gateway: `cast` takes its votes on, `ready` says whether they would be taken now."""

    cast: Cast
    ready: Callable[[], bool] = lambda: True


class Gateway:
    """One HTTP door. It holds no state but the votes that wait for their outcome."""

    def __init__(
        self,
        behind: Behind,
        reader: BodyReader,
        settings: Settings,
        metrics: Metrics,
        deadlines: Deadlines = Deadlines(),  # noqa: B008 # frozen
    ) -> None:
        self._server_ready, self._metrics, self._drain = behind.ready, metrics, settings.drain
        self._hosts = frozenset(filter(None, settings.hosts.lower().replace(" ", "").split(",")))
        self._answered: Counter[bytes] = Counter()
        proxies = Proxies(settings.trusted_proxies)
        quota = Quota(settings.address_rate, settings.voter_rate, proxies)
        self._batcher = Batcher(behind.cast, settings.queue, metrics)
        self._booth = Booth(reader, self._batcher, quota, self._answer)
        self._service = Service(self._handle, {BATCH: LARGEST_BATCH_BODY}, self._count, deadlines)
        self._listener = Listener(self._service, settings.connections, proxies.trusts, self._publish)
        self._routes = {
            b"/grpc": route("POST", self._booth.take_one),
            b"/grpc/": route("POST", self._booth.take_one),
            BATCH: route("POST", self._booth.take_batch),
            b"/healthz": route("GET, HEAD", lambda request: self._answer(request, LIVE)),
            b"/readyz": route("GET, HEAD", self._tell_ready),
        }

    @property
    def ready(self) -> bool:
        """Whether a vote sent now would be taken in."""
        return not self._booth.closed and self._server_ready()

    async def start(self, listen: str) -> str:
        """Listens at `host:port`, port 0 picks one; gives the address it got. OSError when it is taken."""
        return await self._listener.start(listen)

    async def drain(self) -> None:
        """Not ready, no more connections; answers what is in flight and returns within the setting `drain`."""
        self._booth.closed = True
        await self._listener.drain(self._drain)
        await self._batcher.close()
        self._publish()

    def _handle(self, request: Request) -> None:
        found = self._routes.get(request.target) or self._routes.get(request.target.partition(b"?")[0])
        if refusal := heads.misdirection(request.headers[b"host"], self._hosts):
            self._answer(request, refusal)
        elif found is None:
            self._answer(request, answers.NOT_FOUND)
        elif request.method not in found.methods:
            self._answer(request, found.otherwise)
        else:
            found.serve(request)

    def _tell_ready(self, request: Request) -> None:
        away = answers.DRAINING if self._booth.closed else answers.AWAY
        self._answer(request, READY if self.ready else away)

    def _answer(self, request: Request, reply: bytes) -> None:
        self._answered[reply[STATUS]] += 1
        request.answer(reply)

    def _count(self, reply: bytes) -> None:
        self._answered[reply[STATUS]] += 1

    def _publish(self) -> None:
        """Once a sweep, for a metric is dearer than an answer."""
        for status, number in self._answered.items():
            self._metrics.answers.labels(status.decode()).inc(number)
        self._answered.clear()
        self._metrics.queued.set(self._batcher.held)
        self._metrics.connections.set(len(self._service.connections))


def route(methods: str, serve: Callable[[Request], None]) -> Route:
    """A route for these methods."""
    otherwise = answers.problem(405, "method_not_allowed", headers=(("Allow", methods),))
    return Route(frozenset(methods.encode().split(b", ")), serve, otherwise)


@asynccontextmanager
async def serve_gateway(gateway: Gateway, listen: str) -> AsyncIterator[str]:
    """The gateway listening at `listen`, as the address it got; drained at the end."""
    address = await gateway.start(listen)
    try:
        yield address
    finally:
        await gateway.drain()
