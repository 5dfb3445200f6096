"""What a receipt tells its voter: whether that vote counted, and nothing of any vote's content or of any other vote."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response

from rockola.archive import Archive
from rockola.vote.errors import Unavailable
from rockola.vote.model import Place, Verdict
from rockola.web.problems import Problem
from rockola.web.query import read_query
from rockola.web.render import Renderer
from rockola.web.votes import LONGEST, json_answer, place_of
from rockola.web.watch import Watch

State = Literal["counted", "duplicate", "over_limit", "not_counted", "not_yet", "unknown"]
STATES: dict[str, State] = {
    Verdict.COUNTED: "counted",
    Verdict.DUPLICATE: "duplicate",
    Verdict.OVER_LIMIT: "over_limit",
    Verdict.NOT_IN_CATALOGUE: "not_counted",
    Verdict.UNREADABLE: "not_counted",
}


@dataclass(frozen=True)
class Told:
    """What became of a receipt's vote; when it is not yet counted, `ahead` records come first, itself among them.

    A receipt that was never given out is `unknown`, or `not_yet` while the count has not come to where it would lie.
    """

    receipt: str
    state: State
    counted_to: int | None = None
    ahead: int | None = None


class Desk:
    """Answers for receipts."""

    def __init__(self, watch: Watch, archive: Archive) -> None:
        self._watch, self._archive = watch, archive

    def tell(self, place: Place) -> Told:
        """What became of it; Unavailable when the archive is away, or when the tally alone could tell and does not."""
        position = self._position(place)
        document = self._archive.get(place)
        if position is not None and place.offset >= position:
            return Told(str(place), "not_yet", position, place.offset - position + 1)
        if document is None and position is None and self._may_be_given_out(place):
            raise Unavailable("tally")
        return Told(str(place), STATES[document.verdict] if document else "unknown")

    def _may_be_given_out(self, place: Place) -> bool:
        """Whether there is such a partition of this log, as far as is known: its votes may wait for their verdicts."""
        source = self._watch.source
        if source and source.generation == place.generation and place.partition >= source.partitions:
            return False
        return self._archive.generation() in {None, place.generation}

    def _position(self, place: Place) -> int | None:
        """How far its partition is counted, if this is its log and the count can be read."""
        results = self._watch.results_if_any()
        if results is None or results.generation != place.generation:
            return None
        return results.positions.get(str(place.partition))


def receipt_routes(desk: Desk, renderer: Renderer) -> APIRouter:
    """The page where a receipt is typed, and its twin in JSON."""
    router = APIRouter()

    @router.get("/api/receipts/{receipt}", responses={200: {"model": Told}})
    def told(request: Request, receipt: str) -> Response:
        """What became of the vote of a receipt."""
        read_query(request)
        return json_answer(desk.tell(place_of(receipt)))

    @router.get("/receipt", include_in_schema=False)
    def page(request: Request) -> Response:
        typed = request.query_params.get("receipt", "").strip()
        state, told, status = "asked", None, 200
        try:
            if typed:
                told = desk.tell(place_of(typed))
                state = told.state
        except Problem as problem:
            state, status = "misread", problem.status
        except Unavailable:
            state, status = "away", 503
        values = {"typed": typed[:LONGEST], "state": state, "told": told}
        return renderer.page(request, "receipt.html", values, status)

    return router
