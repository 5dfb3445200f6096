"""The results and the minutes as JSON, and the stream of the results."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from rockola.web.etag import KNOWN, unless_known
from rockola.web.examples import example_of
from rockola.web.live import Live, told_of
from rockola.web.query import MOST_EVENTS, described, read_query
from rockola.web.results import Results
from rockola.web.stream import Seats, Stream
from rockola.web.timeline import Timeseries
from rockola.web.veil import View
from rockola.web.votes import json_answer

EVENTS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}
PACE = described("per_second")


def results_routes(view: View, live: Live, seats: Seats) -> APIRouter:
    """The routes of the results."""
    router = APIRouter()

    @router.get("/api/results", responses=example_of(Results) | KNOWN)
    def results(request: Request) -> Response:
        """The results now, and the positions they hold at."""
        read_query(request)
        results = view.results(request)
        return unless_known(request, (*told_of(results), results.sight), json_answer(results))

    @router.get("/api/results/stream", response_class=Response, responses=EVENTS, openapi_extra=PACE)
    async def stream(request: Request) -> Response:
        """The results whenever they change, whole, as the event `results`; nothing new for 15 s is a `heartbeat`."""
        most = read_query(request, "per_second").get("per_second", MOST_EVENTS)
        return Stream(live, seats, partial(view.sight, request), 1 / most)

    @router.get("/api/timeseries", responses=example_of(Timeseries), openapi_extra=described("from"))
    def timeseries(request: Request) -> Response:
        """Counted votes by minute and candidate, from a minute on: an hour's when it is not said."""
        return json_answer(view.minutes(request, read_query(request, "from").get("from")))

    return router
