"""Single votes are for whoever brings the organiser's token, when there is one; results are everybody's."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contract.web.serving import GENERATION, SONORA, open_stores, serving

GUARDED = ["/api/votes", f"/api/votes/{GENERATION}.0.0", "/logs"]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A web with one vote and the token `let-me-in`; shared, since nothing changes it."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    stores = open_stores(folder)
    stores.count(SONORA)
    with serving(stores, token="let-me-in") as url, httpx.Client(base_url=url, timeout=10) as client:  # noqa: S106
        yield client


@pytest.mark.parametrize("path", GUARDED)
def test_the_token_opens(guarded: httpx.Client, path: str) -> None:
    assert guarded.get(path, headers={"Authorization": "Bearer let-me-in"}).status_code == 200


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize(
    "brought", [None, "", "Bearer", "Bearer let-me-out", "Basic let-me-in", "Bearer " + "x" * 8000]
)
def test_b67_anything_else_is_refused_in_the_same_words(guarded: httpx.Client, path: str, brought: str | None) -> None:
    answer = guarded.get(path, headers={} if brought is None else {"Authorization": brought})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_in_the_url_is_an_unknown_parameter(guarded: httpx.Client) -> None:
    assert guarded.get("/api/votes?token=let-me-in").status_code == 401


@pytest.mark.parametrize("path", ["/", "/api/results"])
def test_results_need_none(guarded: httpx.Client, path: str) -> None:
    assert guarded.get(path).status_code == 200
