"""Results that a reader has already are not sent again."""

import httpx
import pytest

from contract.web.serving import SONORA, Stores


@pytest.mark.parametrize("known", ["{}", '"other", {}', "*", "W/{}"])
def test_results_that_are_known_are_not_sent_again(stores: Stores, web: httpx.Client, known: str) -> None:
    stores.count(SONORA)
    tag = web.get("/api/results").headers["etag"].removeprefix("W/")
    answer = web.get("/api/results", headers={"If-None-Match": known.format(tag)})
    assert (answer.status_code, answer.content) == (304, b"")


def test_another_vote_makes_them_others(stores: Stores, web: httpx.Client) -> None:
    tag = web.get("/api/results").headers["etag"]
    stores.count(SONORA)
    assert web.get("/api/results", headers={"If-None-Match": tag}).json()["counted"] == 1


@pytest.mark.parametrize("known", ["", "garbage", '"x"', "x" * 5000])
def test_anything_else_gets_the_results(quiet: httpx.Client, known: str) -> None:
    assert quiet.get("/api/results", headers={"If-None-Match": known}).status_code == 200
