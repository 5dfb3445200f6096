"""The pages as HTML: what is there before, and without, any script."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rockola.vote.errors import Unavailable
from rockola.vote.model import Verdict
from rockola.web.assets import Assets
from rockola.web.problems import RETRY
from rockola.web.results import Results, Standing
from rockola.web.watch import Watch
from rockola.web.words import WORDS, Words, number, percent, pick_language, plural

TEMPLATES = Path(__file__).parent / "templates"
ROWS = 100  # candidates shown; the API has them all
COLOURS = 7  # of Okabe and Ito; the next seven have stripes
REFUSED = (Verdict.DUPLICATE, Verdict.OVER_LIMIT, Verdict.NOT_IN_CATALOGUE, Verdict.UNREADABLE)
THEMES = ("light", "dark")
YEAR = 31_536_000  # seconds a choice is kept


class Row(NamedTuple):
    """A candidate's line; the bar in percent of the leader's, the colour its number among the names in order."""

    standing: Standing
    bar: float
    colour: int
    striped: bool


def page_routes(watch: Watch, title: str, assets: Assets) -> APIRouter:
    """The routes of the pages."""
    router, environment = APIRouter(), _environment(assets)

    @router.get("/", include_in_schema=False)
    def results(request: Request) -> Response:
        try:
            shown = watch.results()
        except Unavailable:
            shown = None
        page = environment.get_template("results.html").render(**_choices(request), **_view(shown), title=title)
        answer = Response(page, HTTPStatus.OK if shown else HTTPStatus.SERVICE_UNAVAILABLE, media_type="text/html")
        answer.headers.update({"Vary": "Accept-Language, Cookie", **({} if shown else RETRY)})
        _keep_choices(request, answer)
        return answer

    return router


def _environment(assets: Assets) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=assets.url, number=number, percent=percent, plural=plural)
    environment.globals["refused"] = _refused
    return environment


def _choices(request: Request) -> dict[str, Any]:
    """The reader's language and theme: of the URL, else as kept, else the browser's."""
    asked, kept = request.query_params, request.cookies
    language = pick_language(asked.get("lang", ""), kept.get("lang", ""), request.headers.get("accept-language", ""))
    theme = next((wish for wish in (asked.get("theme"), kept.get("theme")) if wish in THEMES), None)
    return {"language": language, "words": WORDS[language], "theme": theme}


def _keep_choices(request: Request, answer: Response) -> None:
    for name, known in (("lang", tuple(WORDS)), ("theme", THEMES)):
        if (choice := request.query_params.get(name, "")) in known:
            answer.set_cookie(name, choice, max_age=YEAR, samesite="lax", secure=request.url.scheme == "https")


def _view(results: Results | None) -> dict[str, Any]:
    if results is None:
        return {"results": None, "state": "away", "rows": []}
    state = "empty" if results.state == "live" and not results.counted else results.state
    return {"results": results, "state": state, "rows": list(_rows(results.candidates[:ROWS]))}


def _rows(standings: tuple[Standing, ...]) -> Iterator[Row]:
    """Colours go by name, so that a candidate keeps its own whatever its place, on every screen."""
    named = {each: index for index, each in enumerate(sorted((each.name, each.album) for each in standings))}
    for each in standings:
        index = named[each.name, each.album]
        bar = round(100 * each.votes / standings[0].votes, 2)
        yield Row(each, bar, index % COLOURS, index // COLOURS % 2 == 1)


def _refused(words: Words, results: Results) -> str:
    """What was not counted, by verdict: `3 repetidos · 2 fuera de límite`."""
    numbers = [(verdict, results.verdicts[verdict]) for verdict in REFUSED]
    told = [f"{number(words, count)} {plural(words, verdict, count)}" for verdict, count in numbers if count]
    return " · ".join(told) or (str(words["each_counted"]) if results.counted else "")
