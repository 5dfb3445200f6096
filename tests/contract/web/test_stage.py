"""The big screen as it comes, before any script."""

import re

import httpx
import pytest

from contract.web.serving import Stores
from rockola.vote.model import Vote


def rows(web: httpx.Client, query: str = "") -> int:
    """How many candidates it shows."""
    return len(re.findall(r'<li class="row"', web.get(f"/stage{query}").text.partition("<template")[0]))


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 5),
        ("?top=3", 3),
        ("?top=20", 20),
        ("?top=99", 20),
        ("?top=0", 5),
        ("?top=-1", 5),
        ("?top=٥", 5),
        ("?top=", 5),
    ],
)
def test_it_has_as_many_rows_as_asked_for_and_twenty_at_most(
    stores: Stores, web: httpx.Client, query: str, number: int
) -> None:
    stores.count(*[Vote("A band", f"Album {each}", 2000, 500) for each in range(25)])
    assert rows(web, query) == number


def test_it_leaves_out_everything_else(stores: Stores, web: httpx.Client) -> None:
    assert re.findall(r"<(?:header|nav|footer|a|form)\b", web.get("/stage").text) == []


def test_it_can_be_laid_over_a_picture(web: httpx.Client) -> None:
    shown = ["data-transparent" in web.get(f"/stage{query}").text for query in ("", "?transparent=1", "?transparent=0")]
    assert shown == [False, True, False]


def test_without_numbers_it_is_empty_and_comes_again(stores: Stores, web: httpx.Client) -> None:
    stores.break_tally()
    answer = web.get("/stage")
    assert (answer.status_code, rows(web), 'http-equiv="refresh"' in answer.text) == (503, 0, True)
