"""The results as JSON, and what is said when they do not hold."""

import shutil
from pathlib import Path

import httpx
import pytest

from contract.web.serving import GENERATION, PALABRAS, SONORA, VIAJE, Stores, open_stores, serving
from rockola.tally import Step
from rockola.vote.model import Verdict
from rockola.vote.rules import effect


def state(web: httpx.Client) -> str:
    """What the results say about themselves."""
    return str(web.get("/api/results").json()["state"])


def test_results_have_the_shape_every_client_agrees_on(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, SONORA, VIAJE)
    stores.count(VIAJE, verdict=Verdict.DUPLICATE)
    told = web.get("/api/results").json()
    assert told.pop("as_of").endswith("Z")
    assert told == {
        "generation": GENERATION,
        "positions": {"0": 4},
        "rebuilds": 0,
        "state": "live",
        "counted": 3,
        "verdicts": {"unreadable": 0, "not_in_catalogue": 0, "duplicate": 1, "over_limit": 0, "counted": 3},
        "doors": {"grpc": 3, "rust": 0},
        "revealed": False,
        "sight": "all",
        "candidates": [
            {
                "place": 1,
                "name": "Bohemia Suburbana",
                "album": "Imaginaria Sonora",
                "votes": 2,
                "share": 0.666667,
                "rank_mean": 5.2,
                "rank_histogram": [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0],
            },
            {
                "place": 2,
                "name": "Alux Nahual",
                "album": "El Viaje",
                "votes": 1,
                "share": 0.333333,
                "rank_mean": 8.6,
                "rank_histogram": [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
            },
        ],
    }


def test_partitions_are_summed_and_each_has_its_position(tmp_path: Path) -> None:
    stores = open_stores(tmp_path, partitions=3)
    with serving(stores) as url:
        stores.count(SONORA, partition=0)
        stores.count(SONORA, PALABRAS, partition=2)
        told = httpx.get(url + "/api/results").json()
    assert (told["positions"], told["counted"]) == ({"0": 1, "1": 0, "2": 2}, 3)


def test_a_vote_is_in_the_results_as_soon_as_it_is_counted(stores: Stores, web: httpx.Client) -> None:
    told = []
    for _ in range(20):
        stores.count(SONORA)
        told.append(web.get("/api/results").json()["counted"])
    assert told == list(range(1, 21))


def test_no_votes_yet_is_live(web: httpx.Client) -> None:
    told = web.get("/api/results").json()
    assert (told["state"], told["counted"], told["candidates"]) == ("live", 0, [])


def test_without_a_tally_the_last_results_are_stale_and_say_of_when(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    before = web.get("/api/results").json()
    stores.break_tally()
    assert [web.get("/api/results").json() for _ in range(2)] == [{**before, "state": "stale"}] * 2


def test_without_a_tally_from_the_start_nothing_is_invented(stores: Stores, web: httpx.Client) -> None:
    stores.break_tally()
    answers = [web.get(path) for path in ("/api/results", "/api/results/stream")]
    assert [(a.status_code, a.json()["code"], "retry-after" in a.headers) for a in answers] == [
        (503, "unavailable", True)
    ] * 2


def test_a_tally_that_came_back_is_live(stores: Stores, web: httpx.Client) -> None:
    assert state(web) == "live"
    stores.break_tally()
    assert state(web) == "stale"
    shutil.rmtree(stores.folder / "tally.db")
    assert state(web) == "live"


@pytest.mark.parametrize("watched", [True, False])
def test_a_wiped_tally_is_recounting_until_it_is_restored(
    stores: Stores,
    web: httpx.Client,
    watched: bool,
) -> None:
    stores.count(SONORA, PALABRAS)
    states = [state(web)] if watched else ["live"]
    stores.lose_tally()
    states.append(state(web))
    judged = [each for batch in stores.archive.replay(0, 0, 2) for each in batch]
    stores.tally.restore(0, 2, [effect(judged)])
    assert [*states, state(web)] == ["live", "recounting", "live"]


def test_a_restored_tally_tells_that_it_was_rebuilt(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, PALABRAS)
    stores.lose_tally()
    stores.tally.restore(0, 2, [])
    assert web.get("/api/results").json()["rebuilds"] > 0


def test_a_position_below_the_archive_is_recounting(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    stores.archive.checkpoint(0, 2)
    assert state(web) == "recounting"


def test_a_position_that_fell_is_recounting_until_it_is_where_it_was(stores: Stores, web: httpx.Client) -> None:
    stores.tally.apply(Step(0, 0, 2, effect([])))
    states = [state(web)]
    stores.lose_tally()
    stores.tally.restore(0, 0, [])
    states.append(state(web))
    stores.tally.apply(Step(0, 0, 2, effect([])))
    assert [*states, state(web)] == ["live", "recounting", "live"]


def test_without_an_archive_there_are_results_all_the_same(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    for path in stores.folder.glob("archive.db*"):
        path.unlink()
    (stores.folder / "archive.db").mkdir()
    assert (state(web), web.get("/api/votes").status_code) == ("live", 503)


def test_the_api_is_described(web: httpx.Client) -> None:
    paths = web.get("/openapi.json").json()["paths"]
    assert {
        "/api/results",
        "/api/results/stream",
        "/api/votes",
        "/api/votes/{receipt}",
        "/api/receipts/{receipt}",
        "/logs",
    } <= set(paths)
