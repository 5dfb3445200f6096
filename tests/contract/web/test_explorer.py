"""The pages of the log as HTML: the URL is the filters, and what it links to is the same in JSON and as files."""

import html
import json
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from contract.web.serving import AT, GENERATION, PALABRAS, SONORA, VIAJE, Stores, open_stores, serving
from rockola.archive import Cursor
from rockola.vote.model import Door, Judged, Record, Verdict, Vote
from rockola.web.cursor import write_cursor

OTHER_LOG = write_cursor(Cursor(AT, 0, 1), "zbcdefghijklmnopqrstuv")


def found(answer: httpx.Response) -> list[str]:
    """The places of the votes that a page shows."""
    return re.findall(r'href="/votes/[\w-]{22}\.([\d.]+)"', answer.text)


def links(answer: httpx.Response, rel: str) -> list[str]:
    return [html.unescape(url) for url in re.findall(rf'rel="{rel}" href="([^"]+)"', answer.text)]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", ["0.2", "0.1", "0.0"]),
        ("name=Alux+Nahual&album=El+Viaje", ["0.2"]),
        ("name=&album=&verdict=&door=grpc&from=&to=&id=", ["0.2", "0.1", "0.0"]),
        ("from=2023-11-14T16:13&to=2023-11-14T16:14", ["0.2", "0.1", "0.0"]),
        ("from=2023-11-14T22:13Z", ["0.2", "0.1", "0.0"]),
        ("to=2023-11-14T16:13", []),
        (f"from={AT + 1}&theme=dark&lang=en", ["0.2", "0.1"]),
        ("verdict=duplicate", []),
        ("from=999999999999999", []),
        ("from=1900-01-01T10:00", ["0.2", "0.1", "0.0"]),  # when a zone's offset had seconds
        ("from=0001-01-01T00:00:00Z", ["0.2", "0.1", "0.0"]),
        ("from=0001-01-01T00:00:00%2B14:00", ["0.2", "0.1", "0.0"]),
    ],
)
def test_the_url_is_the_filters(stores: Stores, web: httpx.Client, query: str, places: list[str]) -> None:
    stores.count(SONORA, PALABRAS, VIAJE)
    answer = web.get(f"/votes?{query}")
    assert (answer.status_code, found(answer)) == (200, places)


def test_pages_lead_to_older_and_newer_ones_with_the_same_filters(stores: Stores, web: httpx.Client) -> None:
    stores.count(*[SONORA] * 120, VIAJE)
    first = web.get("/votes?album=Imaginaria+Sonora&limit=50")
    second = web.get(*links(first, "next"))
    last = web.get(*links(second, "next"))
    back = web.get(*links(last, "prev"))
    assert [len(found(page)) for page in (first, second, last)] == [50, 50, 20]
    assert (found(back), links(first, "prev"), links(last, "next")) == (found(second), [], [])


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("from=yesterday", 400, "No se entiende este filtro: Desde."),
        ("verdict=maybe", 400, "No se entiende este filtro: Veredicto."),
        ("sort=votes", 400, "Ese filtro no existe."),
        ("name=%ff", 400, "Ese filtro no existe."),
        (f"after={OTHER_LOG}", 410, "Esa página es de otro registro."),
    ],
)
def test_a_filter_that_cannot_be_read_is_named_in_the_readers_words(
    quiet: httpx.Client, query: str, status: int, said: str
) -> None:
    answer = quiet.get(f"/votes?{query}")
    assert (answer.status_code, said in answer.text) == (status, True)


def test_a_reader_of_english_is_told_in_english(quiet: httpx.Client) -> None:
    answer = quiet.get("/votes?verdict=maybe", headers={"Accept-Language": "en"})
    assert "This filter cannot be read: Verdict." in answer.text


def test_a_receipt_where_ids_are_typed_leads_to_its_vote(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    answer = web.get("/votes", params={"id": f" {GENERATION}.0.0 "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/votes/{GENERATION}.0.0")


def test_counts_lead_to_the_votes_they_count(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, PALABRAS, VIAJE)
    stores.count(VIAJE, verdict=Verdict.OVER_LIMIT)
    urls = map(html.unescape, re.findall(r'<li><a href="(/votes\?[^"]+)"', web.get("/votes").text))
    numbers = {url: len(found(web.get(url))) for url in urls}
    assert sorted(numbers.values()) == [1, 1, 1, 2, 3, 4]


def test_an_estimate_is_marked(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    assert "≈ 1" in web.get(f"/votes?from={AT}").text
    assert "≈" not in web.get("/votes").text


def test_the_commands_of_the_page_answer_with_what_it_shows(stores: Stores, web: httpx.Client) -> None:
    hostile = Vote("a'; touch /tmp/rockola-was-here; '$(id)", '" & `id` \\', 1997, 950)
    stores.count(hostile, SONORA)
    page = web.get("/votes", params={"name": hostile.name})
    (command,) = re.findall("<code>(curl .*)</code>", page.text)
    told = subprocess.run(["bash", "-c", html.unescape(command)], capture_output=True, check=True).stdout
    assert [vote["name"] for vote in json.loads(told)["votes"]] == [hostile.name]


def test_files_are_of_the_same_filters(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, VIAJE)
    page = web.get("/votes?from=2023-11-14T16:13&album=El+Viaje")
    urls = [html.unescape(url) for url in re.findall(r'"(/api/votes/export[^"]+)"', page.text)]
    assert [parse_qs(urlsplit(url).query)["format"] for url in urls] == [["csv"], ["ndjson"]]
    assert [web.get(url).text.count("Viaje") for url in urls] == [1, 1]


def test_votes_that_cannot_be_read_now_are_asked_for_again(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    stores.break_archive()
    answers = [web.get(path) for path in ("/votes", f"/votes/{GENERATION}.0.0")]
    assert [(answer.status_code, "retry-after" in answer.headers) for answer in answers] == [(503, True)] * 2
    assert all("se pueden leer" in answer.text for answer in answers)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict.COUNTED, "Este voto contó."),
        (Verdict.DUPLICATE, f'/votes/{GENERATION}.0.0"'),
        (Verdict.OVER_LIMIT, "su votante ya había usado"),
        (Verdict.NOT_IN_CATALOGUE, "no está en el catálogo"),
    ],
)
def test_a_votes_story_begins_with_what_became_of_it(
    stores: Stores, web: httpx.Client, verdict: Verdict, said: str
) -> None:
    record = Record(VIAJE, Door.RUST, AT)
    duplicate_of = 0 if verdict is Verdict.DUPLICATE else None
    stores.judge(0, [Judged(0, Verdict.COUNTED, record), Judged(1, verdict, record, duplicate_of)])
    answer = web.get(f"/votes/{GENERATION}.0.1")
    assert (answer.status_code, said in answer.text) == (200, True)


def test_what_nobody_could_read_has_a_story_as_well(stores: Stores, web: httpx.Client) -> None:
    stores.judge(0, [Judged(0, Verdict.UNREADABLE, None, raw=b"\xff")])
    assert "Se guardan sus bytes" in web.get(f"/votes/{GENERATION}.0.0").text


@pytest.mark.parametrize(("receipt", "status"), [(f"{GENERATION}.0.7", 404), ("nonsense", 400), ("%3Cscript%3E", 400)])
def test_a_receipt_of_nothing_says_what_may_be_wrong(quiet: httpx.Client, receipt: str, status: int) -> None:
    answer = quiet.get(f"/votes/{receipt}")
    assert (answer.status_code, "Ningún voto" in answer.text, "<script>" in answer.text) == (status, True, False)


def test_commands_bring_the_token_where_there_is_one(tmp_path: Path) -> None:
    with serving(open_stores(tmp_path), token="let-me-in") as url:  # noqa: S106
        page = httpx.get(f"{url}/votes", headers={"Authorization": "Bearer let-me-in"}).text
    assert "curl -H &#34;Authorization: Bearer $ROCKOLA_TOKEN&#34; http" in page
    assert "let-me-in" not in page
