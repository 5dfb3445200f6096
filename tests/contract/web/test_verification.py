"""When the count was last recounted, as the pages tell it."""

import httpx
import pytest

from contract.web.serving import GENERATION, SONORA, Stores
from rockola.checked import NAME, Checked, leave

AT = "2026-11-28T09:00:00.000Z"


def test_nothing_is_said_before_there_was_one(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    assert web.get("/api/verification").json() == {"at": None, "positions": None, "same": None}


@pytest.mark.parametrize(("same", "words"), [(True, "03:00:00 · igual"), (False, "03:00:00 · distinto")])
def test_what_the_last_one_found_is_told(stores: Stores, web: httpx.Client, same: bool, words: str) -> None:
    stores.count(SONORA)
    leave(stores.folder, Checked(GENERATION, {"0": 1}, AT, same))
    assert web.get("/api/verification").json() == {"at": AT, "positions": {"0": 1}, "same": same}
    assert words in web.get("/").text


def test_one_of_another_log_says_nothing_about_this_one(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    leave(stores.folder, Checked("ZYXWVUTSRQPONMLKJIHGFE", {"0": 1}, AT, True))
    assert web.get("/api/verification").json()["at"] is None


def test_what_cannot_be_read_says_nothing(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    (stores.folder / NAME).write_text('{"same": true')
    assert web.get("/api/verification").json()["at"] is None
