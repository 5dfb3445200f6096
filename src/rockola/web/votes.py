"""The log of votes as JSON: filtered pages, one vote, and `/logs` as the original viewer reads it."""

from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from rockola.archive import Archive, Document, Page, Query
from rockola.vote.codec import spell_rank
from rockola.vote.model import Place, Verdict
from rockola.web.cursor import LogCursor, write_cursor
from rockola.web.problems import Problem
from rockola.web.query import PAGE, described, read_query
from rockola.web.watch import stamp

EQUAL = ("name", "album", "door", "verdict", "id")
FILTERS = (*EQUAL, "from", "to", "limit", "after")
LOGS = 20  # votes the original viewer shows
JSON = "application/json"


@dataclass(frozen=True)
class LoggedVote:
    """A kept record; what an unreadable one lacks is null. `rank` in points, `voter` a digest."""

    receipt: str
    name: str | None
    album: str | None
    year: int | None
    rank: float | None
    door: str | None
    received_at: str | None
    verdict: str
    duplicate_of: str | None
    id: str | None
    voter: str | None


@dataclass(frozen=True)
class LoggedVotes:
    """A page of the log, newest first, and where the next begins; null when this is the last."""

    votes: tuple[LoggedVote, ...]
    next: str | None


def votes_routes(archive: Archive) -> APIRouter:
    """The routes of the log."""
    router = APIRouter()

    @router.get("/api/votes", responses={200: {"model": LoggedVotes}}, openapi_extra=described(*FILTERS))
    def votes(request: Request) -> Response:
        """The votes that all filters hold for, newest first."""
        page = _page(archive, read_query(request, *FILTERS))
        return json_answer(LoggedVotes(tuple(map(_shown, page.documents)), _next(page)))

    @router.get("/api/votes/{receipt}", responses={200: {"model": LoggedVote}})
    def vote(request: Request, receipt: str) -> Response:
        """The vote of a receipt."""
        read_query(request)
        if not (document := archive.get(place_of(receipt))):
            raise Problem(404, "not_found", "no vote of this log has that receipt, or it was not archived yet")
        return json_answer(_shown(document))

    @router.get("/logs", openapi_extra=described("after"))
    def logs(request: Request) -> Response:
        """The newest counted votes in the shape of the original viewer; the next page is in the Link header."""
        page = _page(archive, {**read_query(request, "after"), "verdict": Verdict.COUNTED, "limit": LOGS})
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Link"}
        if following := _next(page):
            headers["Link"] = f'</logs?after={following}>; rel="next"'
        return json_answer([_as_original(document) for document in page.documents], headers)

    return router


def _page(archive: Archive, given: dict[str, Any]) -> Page:
    query = Query({name: given[name] for name in EQUAL if name in given}, given.get("from"), given.get("to"))
    after: LogCursor | None = given.get("after")
    if after and after.generation != archive.generation():
        raise Problem(410, "other_log", "that page was of another log: begin again without `after`", "after")
    return archive.page(query, after and after.cursor, given.get("limit", PAGE))


def place_of(receipt: str) -> Place:
    """The place a receipt names; Problem 400 when it is none."""
    try:
        return Place.parse(receipt)
    except ValueError as error:
        raise Problem(400, "bad_receipt", str(error), "receipt") from None


def _next(page: Page) -> str | None:
    return page.next and write_cursor(page.next, page.documents[-1].place.generation)


def _shown(document: Document) -> LoggedVote:
    return LoggedVote(
        receipt=str(document.place),
        name=document.name,
        album=document.album,
        year=document.year,
        rank=None if document.rank is None else document.rank / 100,
        door=document.door,
        received_at=_time(document),
        verdict=document.verdict,
        duplicate_of=document.duplicate_of and str(document.duplicate_of),
        id=document.id,
        voter=document.voter,
    )


def _as_original(document: Document) -> dict[str, Any]:
    data = {
        "Name": document.name,
        "Album": document.album,
        "Year": str(document.year),
        "Rank": spell_rank(document.rank or 0),
    }
    return {"Data": data, "CreationDate": _time(document)}


def _time(document: Document) -> str | None:
    return None if document.received_at is None else stamp(document.received_at / 1000)


def json_answer(value: object, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(value), headers=headers, media_type=JSON)
