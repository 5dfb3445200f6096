"""The web: one application of pages, API and stream over a tally and an archive."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import Depends, FastAPI

from rockola.archive import Archive
from rockola.metrics import Metrics
from rockola.tally import Tally
from rockola.vote.contest import Contest
from rockola.web import problems
from rockola.web.assets import Assets
from rockola.web.explorer import explorer_routes
from rockola.web.export import export_routes
from rockola.web.guard import Guard
from rockola.web.leaders import Leaders
from rockola.web.live import Live
from rockola.web.logged import VoteLog
from rockola.web.pages import page_routes
from rockola.web.receipts import Desk, receipt_routes
from rockola.web.render import Renderer
from rockola.web.results_api import results_routes
from rockola.web.reveal import reveal_routes
from rockola.web.shield import Shield
from rockola.web.sign_in import sign_in_routes
from rockola.web.stream import Seats
from rockola.web.tail import Tail
from rockola.web.timeline import Timeline
from rockola.web.veil import View
from rockola.web.verification import Verifications, verification_routes
from rockola.web.votes import votes_routes
from rockola.web.watch import Watch

ANY = Contest()  # any band, no title


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
    watch, log, tail, assets = Watch(tally, archive), VoteLog(archive), Tail(archive), Assets()
    view = View(watch, Timeline(tally), show.contest.results, guard)
    renderer, verifications = Renderer(assets, show.contest, guard), Verifications(show.folder)
    app.state.live = Live(watch)
    metrics.before_telling(Leaders(view.public, metrics.candidate).look)
    problems.install(app)
    for router in (
        results_routes(view, app.state.live, Seats(metrics.streams)),
        export_routes(log),  # before those of receipts, whose place its name stands in
        votes_routes(log, tail),
        explorer_routes(log, tail, renderer),
        receipt_routes(Desk(watch, archive), renderer),
        page_routes(view, verifications, renderer),
        verification_routes(verifications, watch),
        sign_in_routes(guard, renderer),
        reveal_routes(tally),
        assets.routes(),
    ):
        app.include_router(router)
    app.add_middleware(Shield)
    return app
