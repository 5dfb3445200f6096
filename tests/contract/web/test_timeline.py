"""Votes by minute, over HTTP."""

import httpx
import pytest

from contract.web.serving import AT, PALABRAS, SONORA, Stores


def test_the_minutes_are_those_the_votes_came_in(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, SONORA, PALABRAS)
    told = web.get(f"/api/timeseries?from={AT}").json()
    assert told["start"] == "2023-11-14T22:13:00.000Z"
    assert [(line["album"], line["votes"][0], sum(line["votes"])) for line in told["candidates"]] == [
        ("Imaginaria Sonora", 2, 2),
        ("Mis palabras", 1, 1),
    ]


def test_an_answer_has_a_day_at_most(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    assert len(web.get(f"/api/timeseries?from={AT}").json()["candidates"][0]["votes"]) == 1440


def test_one_reading_of_the_tally_serves_whatever_minutes_are_asked_for(
    stores: Stores, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rockola.web.timeline.AGE", 1e9)
    told = []
    for minutes in range(3):
        stores.count(SONORA)
        (line,) = web.get(f"/api/timeseries?from={AT - minutes * 60_000}").json()["candidates"]
        told.append((line["votes"].index(1), sum(line["votes"])))
    assert told == [(0, 1), (1, 1), (2, 1)]


def test_an_hour_is_told_when_it_is_not_said_since_when(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    assert web.get("/api/timeseries").json()["candidates"] == []


@pytest.mark.parametrize(
    "query",
    [*["from=yesterday", "from=1&from=2", "to=5", "from=999999999999999"], "from=0001-01-01T00:00:00%2B14:00"],
)
def test_what_cannot_be_meant_is_refused_or_empty(quiet: httpx.Client, query: str) -> None:
    answer = quiet.get(f"/api/timeseries?{query}")
    assert answer.status_code == 400 or answer.json()["candidates"] == []


def test_a_tally_that_is_away_is_a_problem(stores: Stores, web: httpx.Client) -> None:
    stores.break_tally()
    assert web.get("/api/timeseries").status_code == 503
