"""The page as it comes, before any script."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from contract.web.serving import PALABRAS, SONORA, VIAJE, Stores, serving
from rockola.vote.contest import Contest
from rockola.vote.model import Verdict, Vote


def shown(web: httpx.Client, path: str = "/", **headers: str) -> str:
    """What a reader reads: the page without its head and its tags, blanks collapsed."""
    body = web.get(path, headers=headers).text.partition("<body")[2].partition("<template")[0]
    return (
        re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", body.partition(">")[2]))
        .replace("&nbsp;", " ")
        .replace("\u00a0", " ")
    )


def test_numbers_are_there_without_a_script(stores: Stores, web: httpx.Client) -> None:
    stores.count(*[SONORA] * 1100, *[PALABRAS] * 900)
    stores.count(*[VIAJE] * 3, verdict=Verdict.DUPLICATE)
    text = shown(web)
    for part in ("2.000 votos contados", "3 repetidos", "1.100 votos 55,0 %", "★nota media 5,20", "0.2003"):
        assert part in text


def test_equal_votes_share_a_place(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, PALABRAS, VIAJE, VIAJE)
    assert re.findall(r"Puesto (\d)", shown(web)) == ["1", "2", "2"]


def test_no_votes_yet_shows_the_command_that_sends_some(web: httpx.Client) -> None:
    assert "Todavía no hay votos" in shown(web)
    assert "rockola send FILE" in shown(web)


@pytest.mark.parametrize(
    ("path", "headers", "words"),
    [
        ("/", {}, "1.000 votos contados"),
        ("/", {"Accept-Language": "fr, en-US;q=0.8"}, "1,000 votes counted"),
        ("/", {"Accept-Language": "es-GT,en;q=0.5"}, "1,000 votos contados"),
        ("/", {"Accept-Language": "es", "Cookie": "lang=en"}, "1,000 votes counted"),
        ("/?lang=es", {"Cookie": "lang=en"}, "1.000 votos contados"),
        ("/?lang=xx", {"Cookie": "lang=<b>"}, "1.000 votos contados"),
        ("/?utm_source=a&lang=en", {}, "1,000 votes counted"),
    ],
)
def test_the_language_is_the_url_s_then_the_kept_one_then_the_browser_s(
    stores: Stores, web: httpx.Client, path: str, headers: dict[str, str], words: str
) -> None:
    stores.count(*[SONORA] * 1000)
    assert words in shown(web, path, **headers)


def test_choices_are_kept(web: httpx.Client) -> None:
    web.get("/?lang=en&theme=dark")
    assert re.findall(r"<html.*?>", web.get("/").text) == ['<html lang="en" data-theme="dark">']


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</title>",
        "{{constructor}}",
        "javascript:alert(1)",
    ],
)
def test_a_band_s_name_is_text(stores: Stores, text: str) -> None:
    stores.count(Vote(text, text, 2000, 500))
    with serving(stores, Contest(text)) as url:
        page = httpx.get(url).text
    assert len(re.findall(r"<script\b", page)) == len(re.findall(r"<script (?:type|defer)", page))
    assert not re.search(r"<(img|/title>.*</title)|[^;]onerror=alert\(1\)>", page, re.DOTALL)
    assert page.count("</title>") == 1


def test_stale_numbers_say_of_when(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    at = datetime.fromisoformat(web.get("/api/results").json()["as_of"]).astimezone(ZoneInfo("America/Guatemala"))
    stores.break_tally()
    assert f"de las {at:%H:%M:%S}" in shown(web)


def test_recounting_is_said_in_words(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    stores.archive.checkpoint(0, 9)
    assert "faltan votos por sumar" in shown(web)


def test_without_numbers_the_page_says_so(stores: Stores, web: httpx.Client) -> None:
    stores.break_tally()
    assert "aún no hay números que mostrar" in shown(web)
    assert web.get("/").status_code == 503


def test_only_so_many_candidates_are_shown_and_the_rest_are_named(stores: Stores, web: httpx.Client) -> None:
    stores.count(*[Vote(f"Band {number}", "An album", 2000, 500) for number in range(130)])
    assert "y 30 más" in shown(web)


def test_nothing_on_the_page_runs_or_styles_inline(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    page = web.get("/").text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! type=\"application/json\"|[^>]* src=)", page)
