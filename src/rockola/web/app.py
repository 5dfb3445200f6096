"""The web: one application of pages, API and stream over a tally and an archive."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response

from rockola.archive import Archive
from rockola.metrics import Metrics
from rockola.tally import Tally
from rockola.vote.contest import Contest
from rockola.web import problems
from rockola.web.assets import Assets
from rockola.web.guard import Guard
from rockola.web.live import Live
from rockola.web.pages import page_routes
from rockola.web.query import read_query
from rockola.web.receipts import Desk, receipt_routes
from rockola.web.render import Renderer
from rockola.web.results import Results
from rockola.web.shield import Shield
from rockola.web.sign_in import sign_in_routes
from rockola.web.stream import Seats, Stream
from rockola.web.timeline import Timeline, timeline_routes
from rockola.web.verification import Verifications, verification_routes
from rockola.web.votes import json_answer, votes_routes
from rockola.web.watch import Watch

ANY = Contest()  # any band, no title
EVENTS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}


@dataclass(frozen=True)
class Show:
    """What is shown, and to whom: the organiser's `token`, and the `folder` where `rockola verify` leaves its word."""

    contest: Contest = ANY
    token: str = ""
    folder: Path | None = None


def build(tally: Tally, archive: Archive, metrics: Metrics, show: Show) -> FastAPI:
    """The application; what `access` says is the organiser's is for whoever brings the token, when there is one.

    Whoever serves it calls `app.state.live.close()` before it waits for answers under way.
    """
    guard = Guard(show.token)
    app = FastAPI(
        title=show.contest.title or "rockola",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.RESPONSES,
        dependencies=[Depends(guard)],
    )
    watch, assets = Watch(tally, archive), Assets()
    timeline = Timeline(tally)
    renderer, verifications = Renderer(assets, show.contest, guard), Verifications(show.folder, watch)
    app.state.live = Live(watch)
    problems.install(app)
    app.include_router(results_routes(watch, app.state.live, Seats(metrics.streams)))
    app.include_router(votes_routes(archive))
    app.include_router(receipt_routes(Desk(watch, archive), renderer))
    app.include_router(page_routes(watch, timeline, verifications, renderer))
    app.include_router(timeline_routes(timeline))
    app.include_router(verification_routes(verifications))
    app.include_router(sign_in_routes(guard, renderer))
    app.include_router(assets.routes())
    app.add_middleware(Shield)
    return app


def results_routes(watch: Watch, live: Live, seats: Seats) -> APIRouter:
    """The routes of the results."""
    router = APIRouter()

    @router.get("/api/results", responses={200: {"model": Results}})
    def results(request: Request) -> Response:
        """The results now, and the positions they hold at."""
        read_query(request)
        return json_answer(watch.results())

    @router.get("/api/results/stream", response_class=Response, responses=EVENTS)
    async def stream(request: Request) -> Response:
        """The results whenever they change, whole, as the event `results`; nothing new for 15 s is a `heartbeat`."""
        read_query(request)
        return Stream(live, seats)

    return router
