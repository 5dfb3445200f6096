"""The explorer in a real browser: filters by a click or a drag, pages without script, votes that come in meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from contract.web.serving import AT, GENERATION, PALABRAS, SONORA, VIAJE, Stores, open_stores, serving
from looking import FITS, FOUR, PAYLOADS, TWO, reader, violations
from rockola.vote.model import Door, Judged, Record, Verdict, Vote

MINUTE = 60_000  # milliseconds
HOUR = 60  # minutes


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of pages with a vote a minute for an hour, every third one repeated, and one that nobody can read."""
    folder: Path = tmp_path_factory.mktemp("hour")
    stores = open_stores(folder)
    stores.judge(0, [*map(minute, range(HOUR)), Judged(HOUR, Verdict.UNREADABLE, None, raw=b"\xff")])
    with serving(stores) as url:
        yield url


def minute(number: int) -> Judged:
    """The vote of a minute."""
    record = Record((SONORA, PALABRAS, VIAJE)[number % 3], Door.GRPC, AT + number * MINUTE)
    if number % 3 == 2:
        return Judged(number, Verdict.DUPLICATE, record, duplicate_of=0)
    return Judged(number, Verdict.COUNTED, record)


def rows(page: Page) -> list[str]:
    """The places that are shown."""
    return page.locator("#rows-body .receipt").all_inner_texts()


def test_a_click_on_a_count_filters_by_it_and_a_click_on_the_filter_drops_it(browser: Browser, hour: str) -> None:
    with reader(browser, f"{hour}/votes") as page:
        page.locator(".facets a", has_text="repetido").click()
        expect(page.locator(".total b")).to_have_text("20")
        page.locator(".facets a", has_text="El Viaje").click()
        page.locator(".chips a", has_text="Veredicto").click()
        page.wait_for_url(f"{hour}/votes?name=Alux+Nahual&album=El+Viaje")
        expect(page.locator(".total b")).to_have_text("20")


def test_a_drag_over_the_histogram_narrows_the_page_to_its_span(browser: Browser, hour: str) -> None:
    with reader(browser, f"{hour}/votes") as page:
        box = page.locator("#histogram").bounding_box()
        assert box
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 10.5 / HOUR, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 19.5 / HOUR, middle, steps=4)
        page.mouse.up()
        expect(page.locator(".total b")).to_have_text("10")
        asked = parse_qs(urlsplit(page.url).query)
        assert (asked["from"], asked["to"]) == (["2023-11-14T22:23:00.000Z"], ["2023-11-14T22:33:00.000Z"])
        assert rows(page) == [f"0.{number}" for number in range(19, 9, -1)]


def test_escape_forgets_a_drag(browser: Browser, hour: str) -> None:
    with reader(browser, f"{hour}/votes") as page:
        page.locator("#histogram").hover()
        page.mouse.down()
        expect(page.locator("#chosen")).to_have_attribute("width", "1")
        page.keyboard.press("Escape")
        page.mouse.up()
        expect(page.locator("#chosen")).to_have_attribute("width", "0")
        assert page.url == f"{hour}/votes"


def test_without_scripts_everything_can_be_filtered_and_paged(browser: Browser, hour: str) -> None:
    with reader(browser, f"{hour}/votes", java_script_enabled=False) as page:
        page.locator("select[name=verdict]").select_option("counted")
        page.get_by_role("button", name="Filtrar").click()
        expect(page.locator(".total b")).to_have_text("40")
        page.goto(f"{hour}/votes")
        newest = rows(page)
        page.locator("a[rel=next]").click()
        assert rows(page) == [*(f"0.{number}" for number in range(9, -1, -1)), f"0.{HOUR}"]  # what has no time is last
        page.locator("a[rel=prev]").click()
        assert rows(page) == newest


def test_new_votes_come_in_and_wait_while_the_reader_pauses(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, f"{url}/votes?album=El+Viaje") as page:
        page.get_by_role("button", name="Seguir en vivo").click()
        expect(page.locator("#tail-state")).to_have_text("en vivo")
        stores.count(VIAJE, SONORA)
        expect(page.locator("#rows-body tr")).to_have_count(2)
        page.get_by_role("button", name="Pausar").click()
        stores.count(VIAJE, VIAJE)
        expect(page.locator("#tail-state")).to_have_text("2 votos en espera")
        assert page.locator("#rows-body tr").count() == 2
        page.get_by_role("button", name="Seguir", exact=True).click()
        expect(page.locator("#rows-body tr")).to_have_count(4)
        assert rows(page) == ["0.9", "0.8", "0.6", "0.5"]


def test_a_vote_that_is_archived_late_comes_in_as_well(browser: Browser, tmp_path: Path) -> None:
    stores = open_stores(tmp_path, partitions=2)
    stores.count(SONORA, PALABRAS)
    with serving(stores) as url, reader(browser, f"{url}/votes") as page:
        page.get_by_role("button", name="Seguir en vivo").click()
        expect(page.locator("#tail-state")).to_have_text("en vivo")
        stores.judge(1, [Judged(0, Verdict.COUNTED, Record(VIAJE, Door.GRPC, AT - MINUTE))])
        expect(page.locator("#rows-body tr")).to_have_count(3)
        assert rows(page) == ["1.0", "0.1", "0.0"]


def test_the_first_vote_takes_the_place_of_the_word_that_there_is_none(browser: Browser, tmp_path: Path) -> None:
    stores = open_stores(tmp_path)
    with serving(stores) as url, reader(browser, f"{url}/votes") as page:
        expect(page.locator("#nothing")).to_contain_text("Todavía no hay votos")
        page.get_by_role("button", name="Seguir en vivo").click()
        stores.count(VIAJE)
        expect(page.locator("#rows-body tr")).to_have_count(1)
        expect(page.locator("#nothing")).to_have_count(0)


def test_a_row_that_came_in_is_like_one_that_was_there(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, f"{url}/votes") as page:
        page.get_by_role("button", name="Seguir en vivo").click()
        expect(page.locator("#tail-state")).to_have_text("en vivo")
        stores.count(PALABRAS, verdict=Verdict.OVER_LIMIT)
        expect(page.locator("#rows-body tr")).to_have_count(7)
        came = page.locator("#rows-body tr").first.evaluate("row => row.outerHTML.replace(/\\s+/g, ' ')")
        page.reload()
        assert page.locator("#rows-body tr").first.evaluate("row => row.outerHTML.replace(/\\s+/g, ' ')") == came


@pytest.mark.parametrize("payload", PAYLOADS)
def test_b116_names_that_attack_are_text(browser: Browser, stores: Stores, url: str, payload: str) -> None:
    stores.count(Vote(payload, payload, 1997, 950))
    with reader(browser, f"{url}/votes") as page:
        page.get_by_role("button", name="Seguir en vivo").click()
        expect(page.locator("#tail-state")).to_have_text("en vivo")
        stores.count(Vote(payload, payload, 1997, 950))
        expect(page.locator("#rows-body tr")).to_have_count(8)
        expect(page.locator("#rows-body .album").first).to_have_text(payload)
        page.locator(".facets a", has_text=payload).first.click()
        expect(page.locator(".chips a").first).to_contain_text(payload)


@pytest.mark.parametrize(
    "path",
    [
        "/votes",
        "/votes?verdict=duplicate&from=2023-11-14T16:13",
        "/votes?from=1700000000001",
        "/votes?id=nothing-here",
        "/votes?verdict=maybe",
        f"/votes/{GENERATION}.0.1",
        f"/votes/{GENERATION}.0.2",
        f"/votes/{GENERATION}.0.99",
    ],
)
def test_it_can_be_read_by_everybody_at_every_size(browser: Browser, hour: str, path: str) -> None:
    context = browser.new_context(bypass_csp=True, locale="es")
    page = context.new_page()
    for language, theme, width in FOUR if path == "/votes" else TWO:
        page.set_viewport_size({"width": width, "height": 800})
        address, _, query = path.partition("?")
        page.goto(f"{hour}{address}?{query}&lang={language}&theme={theme}".replace("?&", "?"))
        assert page.evaluate(FITS), (language, theme, width)
        assert violations(page) == [], (language, theme, width)
    context.close()
