"""Errors as HTTP answers: problems (RFC 9457) that say what to change and echo nothing."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from rockola.vote.errors import BrokenPromise, Unavailable

PROBLEM = "application/problem+json"
TEXT, TYPE = {"type": "string"}, "about:blank"
SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {"status": {"type": "integer"}, **dict.fromkeys(("type", "title", "code", "field", "detail"), TEXT)},
}
REFUSED = {"type": TYPE, "title": "Bad Request", "status": 400, "code": "unknown_parameter"}
AWAY = {"type": TYPE, "title": "Service Unavailable", "status": 503, "code": "unavailable"}
RESPONSES: dict[int | str, dict[str, Any]] = {  # for OpenAPI
    "4XX": {
        "description": "What the request should change.",
        "content": {PROBLEM: {"schema": SCHEMA, "example": REFUSED}},
    },
    "5XX": {"description": "Ask again after Retry-After.", "content": {PROBLEM: {"schema": SCHEMA, "example": AWAY}}},
}
METHODS = {
    "/sign-in": "GET, HEAD, POST, OPTIONS",
    "/sign-out": "POST, OPTIONS",
    "/reveal": "POST, OPTIONS",
}  # everything else is only read
RETRY = {"Retry-After": "2"}  # seconds

log = structlog.get_logger()


class Problem(Exception):
    """What is answered instead of the thing asked for."""

    def __init__(
        self, status: int, code: str, detail: str = "", field: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.headers = status, headers or {}
        told = {"type": TYPE, "title": HTTPStatus(status).phrase, "status": status, "code": code}
        self.members = told | {key: text for key, text in (("field", field), ("detail", detail)) if text}

    def response(self) -> Response:
        """The answer."""
        return Response(msgspec.json.encode(self.members), self.status, dict(self.headers), PROBLEM)


def bad_parameter(field: str, detail: str) -> Problem:
    """A query parameter that breaks its rule; `field` is one of ours, never what was sent."""
    return Problem(400, "bad_parameter", detail, field)


def unavailable(service: str) -> Problem:
    """A store that does not answer now."""
    return Problem(503, "unavailable", f"the {service} is away: ask again", headers=RETRY)


def install(app: FastAPI) -> None:
    """Maps every kind of error to its problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(BrokenPromise, _unfit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 # as registered
    return error.response()


async def _unavailable(_: Request, error: Exception) -> Response:
    return unavailable(str(error)).response()


async def _unfit(_: Request, error: Exception) -> Response:
    log.error("unfit", advice=str(error))
    return Problem(503, "unfit", "a store is not as it must be: the organiser's logs say why", headers=RETRY).response()


async def _invalid(_: Request, __: Exception) -> Response:
    return Problem(400, "bad_parameter").response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 # as registered
    if error.status_code != 405:
        return Problem(error.status_code, "not_found" if error.status_code == 404 else "refused").response()
    allow = {"Allow": METHODS.get(request.url.path, "GET, HEAD, OPTIONS")}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=allow)
    return Problem(405, "method_not_allowed", f"this is for {allow['Allow']}", headers=allow).response()
