"""A contest that hides its results: nobody but the organiser learns who leads, by any route, until the reveal."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contract.web.serving import GENERATION, SONORA, Stores, serving
from rockola.opening import open_tally
from rockola.vote.contest import Contest, Shown
from rockola.vote.model import Vote
from rockola.web.access import ROUTES, Access

TOKEN = "let-me-in"  # noqa: S105
BEARER = {"Authorization": f"Bearer {TOKEN}"}
MODES: tuple[Shown, ...] = ("blind", "organiser")
ZORZAL, COLIBRI, TECOLOTE = (Vote("Pajaros", name, 2020, 500) for name in ("Zorzal", "Colibri", "Tecolote"))
SECRETS = ("Pajaros", "Zorzal", "Colibri", "Tecolote")
STRANGE = ["/api/nowhere", "/votes/export.csv", "/api/votes.csv", "/metrics"]


@pytest.fixture(params=MODES)
def url(request: pytest.FixtureRequest, stores: Stores) -> Iterator[str]:
    """A web that hides the results of 1,000 votes."""
    stores.count(*[ZORZAL] * 504, *[COLIBRI] * 400, *[TECOLOTE] * 96)
    with serving(stores, Contest(results=request.param), token=TOKEN) as served:
        yield served


def body(web: httpx.Client, path: str) -> str:
    """All of an answer; of a stream the first event."""
    with web.stream("GET", path) as answer:
        return (
            next(answer.iter_text(), "") if "event-stream" in answer.headers["content-type"] else answer.read().decode()
        )


def routes(web: httpx.Client) -> list[str]:
    """Every route of the OpenAPI document and of the table, for the first vote's receipt."""
    described = web.get("/openapi.json").json()["paths"]
    paths = {*described, *ROUTES} - {"/static/{name}"}
    return sorted(path.replace("{receipt}", f"{GENERATION}.0.0") for path in paths) + STRANGE


def test_no_route_names_anybody_to_the_public(web: httpx.Client) -> None:
    told = {path: [word for word in SECRETS if word in body(web, path)] for path in routes(web)}
    assert {path: words for path, words in told.items() if words} == {}


def test_every_route_is_in_the_table(web: httpx.Client) -> None:
    assert set(web.get("/openapi.json").json()["paths"]) - ROUTES.keys() == set()


def test_what_is_not_in_the_table_is_the_organiser_s(stores: Stores) -> None:
    guarded = [path for path, access in ROUTES.items() if access is Access.ORGANISER]
    with serving(stores, token=TOKEN) as url, httpx.Client(base_url=url) as web:
        answers = [web.get(path.replace("{receipt}", "x")).status_code for path in guarded]
    assert set(answers) <= {303, 401, 404, 405}


@pytest.mark.parametrize(
    "path", ["/", "/stage", "/api/results", "/api/results/stream", "/api/timeseries?from=1700000000000"]
)
def test_the_organiser_sees_everything(web: httpx.Client, path: str) -> None:
    web.headers.update(BEARER)
    assert "Zorzal" in body(web, path)


def test_what_counts_for_all_is_told_to_all(web: httpx.Client) -> None:
    results = web.get("/api/results").json()
    assert (results["counted"], results["doors"]["grpc"], results["positions"]) == (1000, 1000, {"0": 1000})


def test_the_minutes_are_those_of_all_together(web: httpx.Client) -> None:
    lines = web.get("/api/timeseries?from=1700000000000").json()["candidates"]
    assert [(line["name"], line["album"], sum(line["votes"])) for line in lines] == [(None, None, 1000)]


@pytest.mark.parametrize(("shown", "shares"), [("blind", [0.5, 0.4, 0.1]), ("organiser", [])])
def test_shares_are_whole_percents_without_anything_else(stores: Stores, shown: Shown, shares: list[float]) -> None:
    stores.count(*[ZORZAL] * 504, *[COLIBRI] * 400, *[TECOLOTE] * 96)
    with serving(stores, Contest(results=shown), token=TOKEN) as url:
        candidates = httpx.get(f"{url}/api/results").json()["candidates"]
    rest = {"name": None, "album": None, "votes": None, "rank_mean": None, "rank_histogram": []}
    assert candidates == [{"place": place, "share": share, **rest} for place, share in enumerate(shares, 1)]


def test_the_public_page_says_that_it_hides_something(web: httpx.Client) -> None:
    assert re.search("están ocultos hasta que quien organiza", web.get("/").text)
    assert "Revelar" not in web.get("/").text


def test_the_reveal_shows_everybody_everything_and_stays(stores: Stores, web: httpx.Client) -> None:
    answer = web.post("/reveal", data={"": ""}, headers=BEARER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Zorzal" in web.get("/api/results").text
    again = open_tally(f"sqlite:///{stores.folder}/tally.db")
    assert again.totals().revealed
    again.close()


def test_whose_session_ended_signs_in_and_comes_to_the_page_with_the_button(web: httpx.Client) -> None:
    answer = web.post("/reveal", data={"": ""}, headers={"Cookie": "session=1.2"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2F")


def test_before_anything_is_counted_there_is_nothing_to_reveal(stores: Stores, tmp_path: Path) -> None:
    fresh = Stores(tmp_path, open_tally(f"sqlite:///{tmp_path}/fresh.db"), stores.archive)
    with serving(fresh, Contest(results="blind"), token=TOKEN) as url:
        answer = httpx.post(f"{url}/reveal", data={"": ""}, headers=BEARER)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_counted")


def test_readers_of_the_stream_are_told_of_the_reveal(stores: Stores, web: httpx.Client) -> None:
    with web.stream("GET", "/api/results/stream") as answer:
        events = answer.iter_text()
        assert "Zorzal" not in next(events)
        stores.tally.reveal()
        assert any("Zorzal" in part for part in events)


@pytest.mark.parametrize("headers", [{}, BEARER | {"Sec-Fetch-Site": "cross-site"}, {"Cookie": "session=1.2"}])
def test_nobody_else_reveals(stores: Stores, web: httpx.Client, headers: dict[str, str]) -> None:
    answer = web.post("/reveal", data={"": ""}, headers=headers)
    assert (answer.status_code in {303, 403}, answer.headers.get("location", "") != "/") == (True, True)
    assert not stores.tally.totals().revealed


def test_a_tally_that_is_away_tells_no_more_than_before(stores: Stores, web: httpx.Client) -> None:
    web.get("/api/results")
    stores.break_tally()
    assert [word for word in SECRETS if word in web.get("/").text + web.get("/api/results").text] == []


def test_a_public_contest_hides_nothing(stores: Stores) -> None:
    stores.count(SONORA)
    with serving(stores, token=TOKEN) as url:
        assert httpx.get(f"{url}/api/results").json()["sight"] == "all"
