"""The pages of the results: what is there before, and without, any script."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from rockola.vote.errors import Unavailable
from rockola.vote.model import Verdict
from rockola.web.render import Renderer
from rockola.web.results import Results, Standing
from rockola.web.timeline import leading
from rockola.web.veil import View
from rockola.web.verification import Verifications
from rockola.web.words import Words

ROWS = 100  # candidates shown; the API has them all
STAGE_ROWS, STAGE_MOST = 5, 20
COLOURS = 7  # of Okabe and Ito; the next seven have stripes
HEIGHT = 24  # of a candidate's histogram, in the units of its drawing


class Row(NamedTuple):
    """A candidate's line.

    `bar` in percent of the leader's; `colour` its number among the names in order; `columns` the heights of its ranks.
    """

    standing: Standing
    bar: float
    colour: int
    striped: bool
    columns: tuple[int, ...]


def page_routes(view: View, verifications: Verifications, renderer: Renderer) -> APIRouter:
    """The routes of the pages."""
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    def results(request: Request) -> Response:
        shown = _results(view, request)
        words = renderer.words(request)
        values = {
            **_view(shown, ROWS),
            "refused": refused(words, shown) if shown else "",
            "verification": verifications.last(shown),
            "hides": view.hides and shown is not None and not shown.revealed,
            **_minutes(view, request, shown),
        }
        return _answer(renderer, request, "results.html", values)

    @router.get("/stage", include_in_schema=False)
    def stage(request: Request) -> Response:
        top = request.query_params.get("top", "")
        rows = int(top) if re.fullmatch("[1-9][0-9]?", top) else STAGE_ROWS
        values = {
            **_view(_results(view, request), min(rows, STAGE_MOST)),
            "top": min(rows, STAGE_MOST),
            "transparent": request.query_params.get("transparent") == "1",
        }
        return _answer(renderer, request, "stage.html", values)

    return router


def _answer(renderer: Renderer, request: Request, template: str, values: Mapping[str, Any]) -> Response:
    status = HTTPStatus.OK if values["results"] else HTTPStatus.SERVICE_UNAVAILABLE
    return renderer.page(request, template, values, status)


def _results(view: View, request: Request) -> Results | None:
    try:
        return view.results(request)
    except Unavailable:
        return None


def _view(results: Results | None, most: int) -> dict[str, Any]:
    if results is None:
        return {"results": None, "state": "away", "rows": []}
    state = "empty" if results.state == "live" and not results.counted else results.state
    return {"results": results, "state": state, "rows": list(_rows(results.candidates, most))}


def _minutes(view: View, request: Request, results: Results | None) -> dict[str, Any]:
    """The lines of the last hour, and the rows of their table, newest first: when each minute began, and its votes."""
    try:
        series = view.minutes(request)
    except Unavailable:
        return {"lines": [], "minutes": []}
    lines = leading(series, results.candidates if results else ())
    first = datetime.fromisoformat(series.start)
    rows = enumerate(zip(*(line.votes for line in lines), strict=True))
    minutes = [((first + timedelta(minutes=number)).isoformat(), votes) for number, votes in rows]
    return {"lines": lines, "minutes": minutes[::-1]}


def _rows(standings: tuple[Standing, ...], most: int) -> Iterator[Row]:
    """Colours go by name among those a page may show, so that a candidate keeps its own whatever its place."""
    names = sorted((each.name or "", each.album or "") for each in standings[:ROWS])
    numbers = {name: number for number, name in enumerate(names)}
    for place, each in enumerate(standings[:most]):
        colour = place if each.name is None else numbers[each.name, each.album or ""]
        bar = round(100 * _size(each) / (_size(standings[0]) or 1), 2)
        yield Row(each, bar, colour % COLOURS, colour // COLOURS % 2 == 1, _columns(each))


def _size(standing: Standing) -> float:
    return standing.share if standing.votes is None else standing.votes


def _columns(standing: Standing) -> tuple[int, ...]:
    highest = max(standing.rank_histogram, default=0)
    return tuple(int(HEIGHT * votes / highest + 0.5) for votes in standing.rank_histogram)


def refused(words: Words, results: Results) -> str:
    """What was not counted, by verdict: `3 repetidos · 2 fuera de límite`."""
    said = {
        Verdict.DUPLICATE: words.ngettext("repeated", "repeated", results.verdicts[Verdict.DUPLICATE]),
        Verdict.OVER_LIMIT: words.ngettext("over the limit", "over the limit", results.verdicts[Verdict.OVER_LIMIT]),
        Verdict.NOT_IN_CATALOGUE: words.gettext("not in the catalogue"),
        Verdict.UNREADABLE: words.ngettext("unreadable", "unreadable", results.verdicts[Verdict.UNREADABLE]),
    }
    numbers = [(results.verdicts[verdict], text) for verdict, text in said.items()]
    told = [f"{words.number(number)} {text}" for number, text in numbers if number]
    return " · ".join(told) or (words.gettext("every vote that was read counted") if results.counted else "")
