"""Votes as files: the same filters, every row once, nothing that a spreadsheet would compute, two at a time."""

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.web.serving import AT, PALABRAS, SONORA, VIAJE, Stores, open_stores, serving
from rockola.vote.model import Door, Judged, Record, Verdict, Vote
from rockola.web import export
from rockola.web.export import FORMULA, ROWS, write_csv
from rockola.web.logged import LoggedVote
from running import until

HOSTILE = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]
WRITTEN = {name: f"'{name}" for name in HOSTILE} | {
    "Bell;=1+1": "Bell;'=1+1",
    "Bell; =1+1": "Bell;' =1+1",
    "Bell|@SUM(1)": "Bell|'@SUM(1)",
    "Bell,-1": "Bell,'-1",
    "Bell;\uff1d1": "Bell;'\uff1d1",
    'say "hi", twice': 'say "hi", twice',
    "A-ha; 1 = 1": "A-ha; 1 = 1",
}
TEXTS = st.text(max_size=20) | st.text(";|,\t =+-@a\uff1d", max_size=20)
MANY = 20 * ROWS  # votes of a file that does not fit into the buffers on its way


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a web with MANY votes."""
    stores = open_stores(tmp_path_factory.mktemp("long"))
    for start in range(0, MANY, 10_000):
        stores.count(*[SONORA] * min(10_000, MANY - start))
    with serving(stores) as url:
        yield url


def test_a_csv_file_has_every_vote_that_matches(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, PALABRAS, VIAJE)
    found = rows(web.get("/api/votes/export?format=csv&name=Bohemia+Suburbana"))
    assert [(row["album"], row["rank"], row["verdict"]) for row in found] == [
        ("Mis palabras", "9.5", "counted"),
        ("Imaginaria Sonora", "5.2", "counted"),
    ]


def test_an_ndjson_file_has_the_votes_as_the_api_has_them(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, VIAJE)
    lines = web.get("/api/votes/export?format=ndjson").text.splitlines()
    assert [msgspec.json.decode(line) for line in lines] == web.get("/api/votes").json()["votes"]


@pytest.mark.parametrize(("form", "media"), [("csv", "text/csv; charset=utf-8"), ("ndjson", "application/x-ndjson")])
def test_a_file_is_named_by_us(quiet: httpx.Client, form: str, media: str) -> None:
    answer = quiet.get(f"/api/votes/export?format={form}")
    told = answer.headers["content-type"], answer.headers["content-disposition"]
    assert told == (media, f'attachment; filename="votes.{form}"')


@pytest.mark.parametrize(
    "query", ["", "format=xlsx", "format=csv%0d%0aX:%20y", "format=csv&limit=5", "format=csv&album="]
)
def test_b114_another_form_or_filter_is_refused(quiet: httpx.Client, query: str) -> None:
    assert quiet.get(f"/api/votes/export?{query}").status_code == 400


@pytest.mark.parametrize("name", WRITTEN)
def test_b115_what_a_spreadsheet_would_compute_is_text_in_csv_and_as_it_is_in_ndjson(
    stores: Stores, web: httpx.Client, name: str
) -> None:
    stores.count(Vote(name, "Album", 1997, 950))
    (row,) = rows(web.get("/api/votes/export?format=csv"))
    assert row["name"] == WRITTEN[name]
    assert web.get("/api/votes/export?format=ndjson").json()["name"] == name


@given(st.lists(TEXTS, min_size=2, max_size=2))
def test_p11_csv_reads_back_as_it_was_but_for_the_apostrophe(texts: list[str]) -> None:
    vote = LoggedVote("receipt", texts[0], texts[1], 1997, 9.5, "grpc", None, "counted", None, None, None)
    (line,) = csv.reader(io.StringIO(write_csv([vote]).decode(), newline=""))
    assert not any(FORMULA.search(cell) for cell in line)
    assert [cell.replace("'", "") for cell in line[1:3]] == [text.replace("'", "") for text in texts]


def test_an_unreadable_record_is_a_row_of_empty_cells(stores: Stores, web: httpx.Client) -> None:
    stores.judge(0, [Judged(0, Verdict.UNREADABLE, None, raw=b"\xff")])
    (row,) = rows(web.get("/api/votes/export?format=csv"))
    assert {name for name, cell in row.items() if cell} == {"receipt", "verdict"}


def test_a_long_file_has_every_vote_once(long: str) -> None:
    found = [row["receipt"] for row in rows(httpx.get(f"{long}/api/votes/export?format=csv", timeout=60))]
    assert (len(found), len(set(found))) == (MANY, MANY)


def test_b120_a_third_export_waits_until_one_has_ended(long: str) -> None:
    url = f"{long}/api/votes/export?format=ndjson"
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(httpx.stream("GET", url, timeout=60))
        refused = httpx.get(url)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_exports")
        assert "retry-after" in refused.headers
    until(lambda: httpx.head(url).status_code == 200, "the places of readers who left")


def test_an_export_that_nobody_reads_gives_its_place_back(long: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PATIENCE", 0.5)
    url = f"{long}/api/votes/export?format=ndjson"
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(httpx.stream("GET", url, timeout=60))
        until(lambda: httpx.head(url).status_code == 200, "the places of readers who do not read")


def test_an_export_that_began_goes_on_while_votes_come_in(stores: Stores, web: httpx.Client) -> None:
    stores.count(*[SONORA] * (ROWS + 5))
    with web.stream("GET", "/api/votes/export?format=ndjson") as answer:
        stores.judge(0, [Judged(ROWS + 5, Verdict.COUNTED, Record(VIAJE, Door.GRPC, AT + ROWS + 5))])
        found = b"".join(answer.iter_bytes()).splitlines()
    assert len(found) == ROWS + 5
