"""The log of votes as JSON: filtered pages, counts, its tail, one vote, and `/logs` as the original viewer reads it."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from rockola.vote.codec import spell_rank
from rockola.vote.model import Place, Verdict
from rockola.web.examples import example_of
from rockola.web.logged import FILTERS, TURNS, Counts, LoggedVote, LoggedVotes, VoteLog
from rockola.web.problems import Problem
from rockola.web.query import described, read_query
from rockola.web.tail import Arrivals, Tail

LOGS = 20  # votes the original viewer shows
LONGEST = 60  # characters of a receipt that are shown
JSON = "application/json"


def votes_routes(log: VoteLog, tail: Tail) -> APIRouter:
    """The routes of the log."""
    router = APIRouter()

    @router.get("/api/votes", responses=example_of(LoggedVotes), openapi_extra=described(*FILTERS, *TURNS))
    def votes(request: Request) -> Response:
        """The votes that all filters hold for, newest first; the header Link leads to the pages beside this one."""
        page = log.page(read_query(request, *FILTERS, *TURNS))
        return json_answer(page, _links(request, page))

    @router.get("/api/votes/summary", responses=example_of(Counts), openapi_extra=described(*FILTERS))
    def summary(request: Request) -> Response:
        """How many votes all filters hold for, by verdict, door and candidate, and over time."""
        return json_answer(log.counts(read_query(request, *FILTERS)))

    @router.get("/api/votes/tail", responses=example_of(Arrivals), openapi_extra=described("since", *FILTERS))
    def arrivals(request: Request) -> Response:
        """What was archived since the tail before, whenever it was received; at first nothing, and where the end is."""
        return json_answer(tail.since(read_query(request, "since", *FILTERS)))

    @router.get("/api/votes/{receipt}", responses=example_of(LoggedVote))
    def vote(request: Request, receipt: str) -> Response:
        """The vote of a receipt."""
        read_query(request)
        return json_answer(log.get(place_of(receipt)))

    @router.get("/logs", openapi_extra=described("after"))
    def logs(request: Request) -> Response:
        """The newest counted votes in the shape of the original viewer; the next page is in the Link header."""
        page = log.page({**read_query(request, "after"), "verdict": Verdict.COUNTED, "limit": LOGS})
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Link"}
        if page.next:
            headers["Link"] = f'</logs?after={page.next}>; rel="next"'
        return json_answer([_as_original(vote) for vote in page.votes], headers)

    return router


def place_of(receipt: str) -> Place:
    """The place a receipt names; Problem 400 when it is none."""
    try:
        return Place.parse(receipt)
    except ValueError as error:
        raise Problem(400, "bad_receipt", str(error), "receipt") from None


def json_answer(value: object, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(value), headers=headers, media_type=JSON)


def _links(request: Request, page: LoggedVotes) -> dict[str, str]:
    """The pages beside a page, with the same filters, as RFC 8288 has it."""
    asked = request.url.remove_query_params(["after", "before"])
    beside = {"next": ("after", page.next), "previous": ("before", page.previous)}
    urls = {name: asked.include_query_params(**{turn: text}) for name, (turn, text) in beside.items() if text}
    told = ", ".join(f'<{url.path}?{url.query}>; rel="{name}"' for name, url in urls.items())
    return {"Link": told} if told else {}


def _as_original(vote: LoggedVote) -> dict[str, Any]:
    rank = spell_rank(round((vote.rank or 0) * 100))
    data = {"Name": vote.name, "Album": vote.album, "Year": str(vote.year), "Rank": rank}
    return {"Data": data, "CreationDate": vote.received_at}
