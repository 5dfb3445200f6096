"""The live results in a browser: every state, said in words, and numbers that are the server's."""

import re
from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect

from contract.web.serving import SONORA, VIAJE, Stores, open_stores, serving
from looking import FITS, PAYLOADS, reader
from rockola.vote.model import Vote
from running import free_port

DRAWING = """(rows) => rows.map((row) => [
  row.dataset.place,
  row.dataset.colour,
  "striped" in row.dataset,
  parseFloat(row.querySelector("rect").getAttribute("width")),
])"""


def test_a_counted_vote_is_seen_by_itself(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, url) as page:
        expect(page.locator("#counted")).to_have_text("6")
        stores.count(*[VIAJE] * 1004)
        expect(page.locator("#counted")).to_have_text("1.010")


def test_a_band_that_overtakes_moves_up_and_keeps_its_colour(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, url) as page:
        before = page.locator(".row", has_text="El Viaje").get_attribute("data-colour")
        stores.count(*[VIAJE] * 4)
        first = page.locator(".row").first
        expect(first).to_contain_text("El Viaje")
        assert first.get_attribute("data-colour") == before


def test_script_and_server_draw_the_same(browser: Browser, stores: Stores, url: str) -> None:
    stores.count(*[Vote(f"Band {number % 5}", f"Album {number}", 2000, 123 + number) for number in range(20)])
    with reader(browser, url) as live:
        expect(live.locator("#counted")).to_have_text("26")
        stores.count(SONORA)
        expect(live.locator("#counted")).to_have_text("27")
        with reader(browser, url, java_script_enabled=False) as still:
            assert live.locator("#board").inner_text() == still.locator("#board").inner_text()
        assert live.locator(".row").evaluate_all(DRAWING) == served_rows(url)


def served_rows(url: str) -> list[list[object]]:
    """Place, colour, stripes and bar of every row as the server draws it."""
    page = httpx.get(url).text.partition("<template")[0]
    row = r'data-place="(\d+)" data-colour="(\d)"( data-striped)?.*?width="([\d.]+)%" rx'
    found = re.findall(row, page, re.DOTALL)
    return [[place, colour, bool(striped), float(width)] for place, colour, striped, width in found]


def test_without_a_script_the_numbers_are_there_and_come_again(browser: Browser, url: str) -> None:
    with reader(browser, url, java_script_enabled=False) as page:
        assert page.locator("#counted").inner_text() == "6"
        assert page.locator("noscript meta[http-equiv=refresh]").count() == 1


def test_the_first_vote_takes_the_place_of_the_command(browser: Browser, tmp_path: Path) -> None:
    stores = open_stores(tmp_path)
    with serving(stores) as url, reader(browser, url) as page:
        expect(page.locator("#empty")).to_contain_text("rockola send FILE")
        stores.count(SONORA)
        expect(page.locator("#board")).to_contain_text("Imaginaria Sonora")
        assert not page.locator("#empty").is_visible()


def test_a_tally_that_is_away_is_said_and_the_numbers_stay(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, url) as page:
        expect(page.locator("#state")).to_have_text("en vivo")
        stores.break_tally()
        expect(page.locator("#notice")).to_contain_text("No se puede leer el conteo")
        assert page.locator("#counted").inner_text() == "6"


def test_a_tally_that_was_wiped_is_recounting(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, url) as page:
        expect(page.locator("#state")).to_have_text("en vivo")
        stores.lose_tally()
        expect(page.locator("#state")).to_have_text("recontando")
        expect(page.locator("#progress-text")).to_have_text("0,0\u00a0%")


def test_a_lost_connection_is_said_and_the_numbers_stay(browser: Browser, stores: Stores) -> None:
    with serving(stores) as url:
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.goto(url)
        expect(page.locator("#state")).to_have_text("live")
    expect(page.locator("#state")).to_have_text("connection lost")
    assert page.locator("#counted").inner_text() == "6"
    context.close()


def test_a_reader_who_was_away_comes_back_to_the_right_numbers(browser: Browser, stores: Stores) -> None:
    port = free_port()
    context = browser.new_context(locale="en")
    page = context.new_page()
    with serving(stores, port=port) as url:
        page.goto(url)
        expect(page.locator("#state")).to_have_text("live")
    expect(page.locator("#state")).to_have_text("connection lost")
    again = open_stores(stores.folder)
    again.count(SONORA, SONORA)
    with serving(again, port=port):
        expect(page.locator("#counted")).to_have_text("8", timeout=30_000)
        expect(page.locator("#state")).to_have_text("live")
    context.close()


def test_the_language_can_be_switched_and_stays(browser: Browser, url: str) -> None:
    with reader(browser, url) as page:
        page.get_by_role("link", name="EN", exact=True).click()
        expect(page.locator("h1")).to_have_text("Live results")
        page.goto(url)
        expect(page.locator("h1")).to_have_text("Live results")


def test_the_theme_can_be_switched_and_stays(browser: Browser, url: str) -> None:
    with reader(browser, url, color_scheme="light") as page:
        page.get_by_role("link", name="Oscuro").click()
        page.reload()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 18, 26)"


def test_it_fits_a_wall(browser: Browser, stores: Stores, url: str) -> None:
    stores.count(Vote("W" * 80, "M" * 80, 2000, 1000), *[SONORA] * 100_000)
    with reader(browser, url, 3840) as page:
        expect(page.locator("#counted")).to_have_text("100.007")
        assert page.evaluate(FITS)
        assert page.locator(".votes b").first.evaluate("(number) => number.getBoundingClientRect().height") > 60


def test_a_band_s_name_is_text_also_when_it_comes_live(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, url) as page:
        expect(page.locator("#counted")).to_have_text("6")
        stores.count(*[Vote(text, text, 2000, 500) for text in PAYLOADS])
        expect(page.locator("#counted")).to_have_text("11")
        shown = page.locator(".row .band").all_inner_texts()
        page.reload()
        assert set(PAYLOADS) <= set(shown) & set(page.locator(".row .band").all_inner_texts())


def test_nothing_moves_for_who_does_not_want_it(browser: Browser, url: str) -> None:
    with reader(browser, url, reduced_motion="reduce") as page:
        fill = page.locator(".fill").first
        assert fill.evaluate("(fill) => getComputedStyle(fill).transitionDuration") == "0s"
