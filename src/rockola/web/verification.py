"""When the count was last compared with a recount, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response

from rockola import checked
from rockola.web.query import read_query
from rockola.web.results import Results
from rockola.web.votes import json_answer
from rockola.web.watch import Watch


@dataclass(frozen=True)
class Verification:
    """What `rockola verify` found `at` an instant, up to `positions`; all null when it told these pages nothing."""

    at: str | None = None
    positions: Mapping[str, int] | None = None
    same: bool | None = None


class Verifications:
    """Those of a data folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def last(self, results: Results | None) -> Verification:
        """The last one of the log that these results count."""
        found = self._folder and checked.last(self._folder)
        if not found or found.generation != (results and results.generation):
            return Verification()
        return Verification(found.at, found.positions, found.same)


def verification_routes(verifications: Verifications, watch: Watch) -> APIRouter:
    """The route of the last one."""
    router = APIRouter()

    @router.get("/api/verification", responses={200: {"model": Verification}})
    def verification(request: Request) -> Response:
        """What the last `rockola verify` of this machine found."""
        read_query(request)
        return json_answer(verifications.last(watch.results_if_any()))

    return router
