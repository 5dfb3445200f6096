"""The pages of the results: what is there before, and without, any script."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from rockola.vote.errors import Unavailable
from rockola.vote.model import Verdict
from rockola.web.problems import RETRY
from rockola.web.render import Renderer
from rockola.web.results import Results, Standing
from rockola.web.timeline import Timeline, leading
from rockola.web.verification import Verifications
from rockola.web.watch import Watch
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


def page_routes(watch: Watch, timeline: Timeline, verifications: Verifications, renderer: Renderer) -> APIRouter:
    """The routes of the pages."""
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    def results(request: Request) -> Response:
        shown = _results(watch)
        words = renderer.words(request)
        values = {
            **_view(shown, ROWS),
            "refused": refused(words, shown) if shown else "",
            "verification": verifications.last(),
            **_minutes(timeline, shown),
        }
        return _answer(renderer, request, "results.html", values)

    @router.get("/stage", include_in_schema=False)
    def stage(request: Request) -> Response:
        top = request.query_params.get("top", "")
        rows = int(top) if re.fullmatch("[1-9][0-9]?", top) else STAGE_ROWS
        values = {
            **_view(_results(watch), min(rows, STAGE_MOST)),
            "top": min(rows, STAGE_MOST),
            "transparent": request.query_params.get("transparent") == "1",
        }
        return _answer(renderer, request, "stage.html", values)

    return router


def _answer(renderer: Renderer, request: Request, template: str, values: Mapping[str, Any]) -> Response:
    if values["results"]:
        return renderer.page(request, template, values)
    return renderer.page(request, template, values, HTTPStatus.SERVICE_UNAVAILABLE, RETRY)


def _results(watch: Watch) -> Results | None:
    try:
        return watch.results()
    except Unavailable:
        return None


def _view(results: Results | None, most: int) -> dict[str, Any]:
    if results is None:
        return {"results": None, "state": "away", "rows": []}
    state = "empty" if results.state == "live" and not results.counted else results.state
    return {"results": results, "state": state, "rows": list(_rows(results.candidates, most))}


def _minutes(timeline: Timeline, results: Results | None) -> dict[str, Any]:
    """The lines of the last hour, and the rows of their table, newest first: when each minute began, and its votes."""
    try:
        series = timeline.since()
    except Unavailable:
        return {"lines": [], "minutes": []}
    lines = leading(series, results.candidates if results else ())
    first = datetime.fromisoformat(series.start)
    rows = enumerate(zip(*(line.votes for line in lines), strict=True))
    minutes = [((first + timedelta(minutes=number)).isoformat(), votes) for number, votes in rows]
    return {"lines": lines, "minutes": minutes[::-1]}


def _rows(standings: tuple[Standing, ...], most: int) -> Iterator[Row]:
    """Colours go by name among those a page may show, so that a candidate keeps its own whatever its place."""
    named = {each: index for index, each in enumerate(sorted((each.name, each.album) for each in standings[:ROWS]))}
    for each in standings[:most]:
        index = named[each.name, each.album]
        highest = max(each.rank_histogram)
        columns = tuple(int(HEIGHT * votes / highest + 0.5) for votes in each.rank_histogram)
        bar = round(100 * each.votes / standings[0].votes, 2)
        yield Row(each, bar, index % COLOURS, index // COLOURS % 2 == 1, columns)


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
