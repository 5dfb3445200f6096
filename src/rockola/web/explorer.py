"""The explorer of the log as pages: its filters are the URL, and it works without any script."""

import shlex
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from rockola.vote.errors import Unavailable
from rockola.vote.model import Door, Place, Verdict
from rockola.web.filters import Filters
from rockola.web.logged import VoteLog
from rockola.web.problems import Problem
from rockola.web.render import Renderer
from rockola.web.tail import Tail
from rockola.web.votes import LONGEST, place_of

NOTHING: Mapping[str, Any] = {"page": None, "counts": None, "bars": ()}
KINDS = {"verdicts": tuple(map(str, Verdict)), "doors": tuple(map(str, Door))}


def explorer_routes(log: VoteLog, tail: Tail, renderer: Renderer) -> APIRouter:
    """The pages of the log, and of one vote."""
    router = APIRouter()

    @router.get("/votes", include_in_schema=False)
    def votes(request: Request) -> Response:
        if place := _receipt(request.query_params.get("id", "")):
            return RedirectResponse(f"/votes/{place}", HTTPStatus.SEE_OTHER)
        filters = Filters(request, renderer.words(request).zone)
        found, status = _found(log, tail, filters)
        values = {**KINDS, **found, "filters": filters, "address": _address(request, filters.query())}
        return renderer.page(request, "votes.html", values, status)

    @router.get("/votes/{receipt}", include_in_schema=False)
    def vote(request: Request, receipt: str) -> Response:
        found, status = _story(log, receipt)
        values = {**found, "receipt": receipt[:LONGEST], "address": _address(request, f"/{receipt[:LONGEST]}")}
        return renderer.page(request, "vote.html", values, status)

    return router


def _found(log: VoteLog, tail: Tail, filters: Filters) -> tuple[Mapping[str, Any], int]:
    """What the filters find, or what is wrong with them."""
    try:
        given = filters.read()
        end = tail.end() if filters.is_live else None  # first: what comes meanwhile is then told twice, never left out
        page, counts = log.page(given), log.counts(given)
    except Problem as problem:
        return {**NOTHING, "state": "refused", "problem": problem.members}, problem.status
    except Unavailable:
        return {**NOTHING, "state": "away"}, HTTPStatus.SERVICE_UNAVAILABLE
    bars = filters.bars(counts.histogram) if counts.histogram else ()
    return {"state": "found", "page": page, "counts": counts, "bars": bars, "end": end}, HTTPStatus.OK


def _story(log: VoteLog, receipt: str) -> tuple[Mapping[str, Any], int]:
    """The vote of a receipt, or why there is none."""
    try:
        place = place_of(receipt)
        vote = log.get(place)
    except Problem as problem:
        return {"state": "unknown", "vote": None}, problem.status
    except Unavailable:
        return {"state": "away", "vote": None}, HTTPStatus.SERVICE_UNAVAILABLE
    return {"state": "found", "vote": vote, "lies": place}, HTTPStatus.OK


def _receipt(text: str) -> Place | None:
    """The place that was typed where ids are typed as well."""
    try:
        return Place.parse(text.strip())
    except ValueError:
        return None


def _address(request: Request, rest: str) -> str:
    """Where the same is in JSON, as a shell takes it."""
    return shlex.quote(f"{request.base_url}api/votes{rest}")
