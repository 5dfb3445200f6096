"""Signing in and out: the organiser's token is typed once, in a form, and a cookie stands for it from then on."""

import re
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response

from rockola.web.guard import Guard
from rockola.web.guesses import Guesses
from rockola.web.problems import Problem
from rockola.web.render import Renderer
from rockola.web.session import COOKIE, LASTS

LARGEST = 4096  # bytes of a form
FORM = "application/x-www-form-urlencoded"
OWN = re.compile(r"/(?![/\\])[\x21-\x7e]*")  # a path of ours: neither another host nor what a browser takes for one


def sign_in_routes(guard: Guard, renderer: Renderer) -> APIRouter:
    """The routes of the session."""
    router, guesses = APIRouter(include_in_schema=False), Guesses()

    @router.get("/sign-in")
    def form(request: Request) -> Response:
        wanted = request.query_params.get("next", "")
        return renderer.page(request, "sign-in.html", {"wanted": _own(wanted), "is_wrong": False})

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        given = await read_form(request)
        wanted, address = _own(given.get("next", "")), request.client.host if request.client else ""
        guesses.require_few(address)
        if not guard.token or not guard.is_token(given.get("token", "")):
            guesses.add(address)
            values = {"wanted": wanted, "is_wrong": True}
            return renderer.page(request, "sign-in.html", values, HTTPStatus.FORBIDDEN)
        answer = _see_other(wanted)
        secure = request.url.scheme == "https"
        session = guard.sessions.begin()
        answer.set_cookie(COOKIE, session, max_age=LASTS, httponly=True, samesite="strict", secure=secure)
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        await read_form(request)
        answer = _see_other("/")
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return answer

    return router


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent from a page of ours; Problem for anything else."""
    require_own_page(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Problem(415, "unsupported_media_type", f"must be {FORM}")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise Problem(413, "too_large")
    try:
        return dict(parse_qsl(body.decode("ascii"), True, errors="strict", max_num_fields=5))
    except ValueError:
        raise Problem(400, "bad_form", "must be name=value pairs, percent-encoded UTF-8") from None


def require_own_page(request: Request) -> None:
    """Refuses what a page of somebody else makes a browser send; programs, which say neither, may."""
    site, origin = request.headers.get("sec-fetch-site", "none"), request.headers.get("origin")
    if site not in {"same-origin", "none"} or (origin and urlsplit(origin).netloc != request.url.netloc):
        raise Problem(403, "other_origin", "only pages of this site may do that")


def _own(path: str) -> str:
    return path if OWN.fullmatch(path) else "/votes"


def _see_other(path: str) -> Response:
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": path})
