"""What every route says while neither tally nor archive answers: whatever needs them asks to be asked again."""

import httpx

from contract.web.serving import GENERATION, SONORA, Stores
from rockola.web.access import ROUTES

QUERIES = {"/receipt": f"?receipt={GENERATION}.0.0", "/api/votes/export": "?format=csv"}
POSTED = {"/sign-out", "/reveal"}
WITHOUT = {"/sign-in", "/static/{name}", "/openapi.json", "/api/verification"}  # these need no store
ASKED = ROUTES.keys() - POSTED


def answer(web: httpx.Client, route: str) -> tuple[int, bool]:
    """What is answered, without its body, which may last; and whether it says when to ask again."""
    path = route.replace("{receipt}", f"{GENERATION}.0.0").replace("{name}", "nothing.css")
    with web.stream("GET", path + QUERIES.get(route, "")) as answer:
        return answer.status_code, "retry-after" in answer.headers


def test_whatever_cannot_be_told_now_says_when_to_ask_again(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    stores.break_tally()
    stores.break_archive()
    answers = {route: answer(web, route) for route in ASKED}
    assert {route: told for route, told in answers.items() if told[0] == 503} == dict.fromkeys(
        ASKED - WITHOUT, (503, True)
    )
