"""The reveal: the organiser shows everybody the results, by a button of the page."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from rockola.tally import Tally
from rockola.web.problems import Problem
from rockola.web.sign_in import read_form


def reveal_routes(tally: Tally) -> APIRouter:
    """The route of the button."""
    router = APIRouter(include_in_schema=False)

    @router.post("/reveal")
    async def reveal(request: Request) -> Response:
        await read_form(request)
        if not await run_in_threadpool(tally.reveal):
            raise Problem(409, "nothing_counted", "no vote was counted yet, so there is nothing to reveal")
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": "/"})

    return router
