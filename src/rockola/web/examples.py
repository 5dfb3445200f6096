"""What answers look like, for OpenAPI: one example a model, which a test reads back as that model."""

from typing import Any

from rockola.web.logged import Counts, LoggedVote, LoggedVotes
from rockola.web.results import Results
from rockola.web.tail import Arrivals
from rockola.web.timeline import Timeseries

LOG = "MXuHAVS1L2WE2maUqzsnxw"
VOTE = {
    "receipt": f"{LOG}.0.0",
    "name": "Bohemia Suburbana",
    "album": "Mis palabras",
    "year": 1997,
    "rank": 9.5,
    "door": "grpc",
    "received_at": "2026-11-24T22:24:12.317Z",
    "verdict": "counted",
    "duplicate_of": None,
    "id": "phone-42-0001",
    "voter": "b0252f7c92c2b596bf61413a936b44a5",
}
VERDICTS = {"unreadable": 0, "not_in_catalogue": 0, "duplicate": 0, "over_limit": 0, "counted": 3}
EXAMPLES: dict[type, object] = {
    LoggedVote: VOTE,
    LoggedVotes: {
        "votes": [VOTE],
        "next": f"1795559052352.0.2.{LOG}.164edecf",
        "previous": f"1795559052317.0.0.{LOG}.0c8a0bd1",
    },
    Arrivals: {"votes": [VOTE], "next": f"0:3.{LOG}.ae7ced2e", "more": False},
    Counts: {
        "votes": 3,
        "exact": True,
        "since": None,
        "verdicts": VERDICTS,
        "doors": {"grpc": 3, "rust": 0},
        "candidates": [{"name": "Bohemia Suburbana", "album": "Mis palabras", "votes": 3}],
        "histogram": {"start": "2026-11-24T22:24:00.000Z", "step": 60, "votes": [3]},
    },
    Results: {
        "generation": LOG,
        "positions": {"0": 3},
        "rebuilds": 0,
        "as_of": "2026-11-24T22:24:12.461Z",
        "state": "live",
        "counted": 3,
        "verdicts": VERDICTS,
        "doors": {"grpc": 3, "rust": 0},
        "revealed": False,
        "sight": "all",
        "candidates": [
            {
                "place": 1,
                "name": "Bohemia Suburbana",
                "album": "Mis palabras",
                "votes": 3,
                "share": 1.0,
                "rank_mean": 9.5,
                "rank_histogram": [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0],
            }
        ],
    },
    Timeseries: {
        "start": "2026-11-24T22:24:00.000Z",
        "candidates": [{"name": "Bohemia Suburbana", "album": "Mis palabras", "votes": [3]}],
    },
}


def example_of(model: type) -> dict[int | str, dict[str, Any]]:
    """The answer 200 of a route: its model, and an example of it."""
    return {200: {"model": model, "content": {"application/json": {"example": EXAMPLES[model]}}}}
