"""What watches a process: /metrics, /healthz and /readyz, on a port of their own that is never public."""

from collections.abc import Callable

from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rockola.metrics import Metrics


def probes(metrics: Metrics, is_ready: Callable[[], bool]) -> Starlette:
    """Alive as long as it answers; ready when it can do its job now."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        return JSONResponse({"status": "ready"}) if is_ready() else JSONResponse({"status": "not ready"}, 503)

    def exposed(_: Request) -> Response:  # on a thread: a store that is away may be looked at
        return Response(metrics.told(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", exposed)])
