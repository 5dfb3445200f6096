"""When the count was last compared with a recount, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response

from rockola import checked
from rockola.vote.errors import Unavailable
from rockola.web.query import read_query
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

    def __init__(self, folder: Path | None, watch: Watch) -> None:
        self._folder, self._watch = folder, watch

    def last(self) -> Verification:
        """The last one of the log that is counted now."""
        found = self._folder and checked.last(self._folder)
        if not found or found.generation != self._generation():
            return Verification()
        return Verification(found.at, found.positions, found.same)

    def _generation(self) -> str | None:
        try:
            return self._watch.results().generation
        except Unavailable:
            return None


def verification_routes(verifications: Verifications) -> APIRouter:
    """The route of the last one."""
    router = APIRouter()

    @router.get("/api/verification", responses={200: {"model": Verification}})
    def verification(request: Request) -> Response:
        """What the last `rockola verify` of this machine found."""
        read_query(request)
        return json_answer(verifications.last())

    return router
