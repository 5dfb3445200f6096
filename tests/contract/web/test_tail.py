"""The tail of the log: what is archived after a place that was told, whenever it was received."""

import re

import httpx
import pytest

from contract.web.serving import AT, GENERATION, PALABRAS, SONORA, VIAJE, Stores
from rockola.archive import Cursor
from rockola.web.cursor import TailCursor, write_cursor, write_tail

CURSOR = write_cursor(Cursor(AT, 0, 1), GENERATION)
TAIL = write_tail(TailCursor({0: 1}, GENERATION))
OTHER_TAIL = write_tail(TailCursor({0: 1}, "zbcdefghijklmnopqrstuv"))


def albums(answer: httpx.Response) -> list[str]:
    """The albums of an answer."""
    return [each["album"] for each in answer.json()["votes"]]


def test_a_tail_begins_at_its_end_and_tells_what_is_archived_later(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    first = web.get("/api/votes/tail").json()
    stores.count(VIAJE, PALABRAS)
    then = web.get("/api/votes/tail", params={"since": first["next"], "name": "Alux Nahual"})
    again = web.get("/api/votes/tail", params={"since": then.json()["next"]}).json()
    assert (first["votes"], albums(then), again["votes"]) == ([], ["El Viaje"], [])


def test_a_page_says_where_the_tail_goes_on(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    (since,) = re.findall('data-since="([^"]+)"', web.get("/votes").text)
    stores.count(VIAJE)
    assert albums(web.get("/api/votes/tail", params={"since": since})) == ["El Viaje"]


@pytest.mark.parametrize("since", ["", "garbage", CURSOR, TAIL[:-1], TAIL.replace("0:1", "0:2"), "%00"])
def test_a_tail_goes_on_from_nowhere_else(quiet: httpx.Client, since: str) -> None:
    answer = quiet.get("/api/votes/tail", params={"since": since})
    assert (answer.status_code, answer.json()["field"]) == (400, "since")


def test_a_tail_of_another_log_is_gone(quiet: httpx.Client) -> None:
    assert quiet.get("/api/votes/tail", params={"since": OTHER_TAIL}).status_code == 410
