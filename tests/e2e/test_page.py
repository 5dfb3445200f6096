"""The page in a browser: it lives, in both languages and at every size, and nothing on it breaks its own rules."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from contract.web.serving import PALABRAS, SONORA, VIAJE, Stores, open_stores, serving
from rockola.vote.model import Vote
from services import missing

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><b>",
    "{{constructor}}",
    "javascript:x",
)
LOOKS = [(width, scheme) for width in (360, 1280, 3840) for scheme in ("light", "dark")]
CONTRAST = """() => {
  const shine = (color) => {
    const parts = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : color;
  };
  const ratio = (element) => {
    const [low, high] = [shine(getComputedStyle(element).color), shine(ground(element))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const texts = [...document.querySelectorAll("body *")].filter(
    (each) => each.offsetParent && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()),
  );
  return texts.filter((element) => ratio(element) < 4.5).map((element) => element.outerHTML);
}"""

DRAWING = """(rows) => rows.map((row) => [
  row.dataset.place,
  row.dataset.colour,
  "striped" in row.dataset,
  parseFloat(row.querySelector("rect").getAttribute("width")),
])"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or a skip that names it."""
    if not shutil.which(CHROMIUM):
        missing("browser", f"browser: there is no {CHROMIUM}")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    """Stores where six votes were counted."""
    opened = open_stores(tmp_path)
    opened.count(SONORA, SONORA, SONORA, PALABRAS, PALABRAS, VIAJE)
    return opened


@pytest.fixture
def url(stores: Stores) -> Iterator[str]:
    """Where the page is."""
    with serving(stores) as served:
        yield served


@contextmanager
def reader(browser: Browser, url: str, width: int = 1280, **choices: object) -> Iterator[Page]:
    """Somebody who looks at the page; whatever the browser complains about fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **{"locale": "es-GT", **choices})
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(url)
    yield page
    context.close()
    assert complaints == []


def test_a_counted_vote_is_seen_within_a_second(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, url) as page:
        expect(page.locator("#counted")).to_have_text("6")
        stores.count(*[VIAJE] * 1004)
        expect(page.locator("#counted")).to_have_text("1.010", timeout=1000)


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


def test_a_lost_connection_is_said_and_the_numbers_stay(browser: Browser, stores: Stores) -> None:
    with serving(stores) as url:
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.goto(url)
        expect(page.locator("#state")).to_have_text("live")
    expect(page.locator("#state")).to_have_text("connection lost")
    assert page.locator("#counted").inner_text() == "6"
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


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_it_fits_and_can_be_read(browser: Browser, stores: Stores, url: str, width: int, scheme: str) -> None:
    stores.count(Vote("W" * 80, "M" * 80, 2000, 1000), *[SONORA] * 100_000)
    with reader(browser, url, width, color_scheme=scheme) as page:
        expect(page.locator("#counted")).to_have_text("100.007")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(CONTRAST) == []


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


def test_a_keyboard_reaches_everything(browser: Browser, url: str) -> None:
    with reader(browser, url) as page:
        reached = []
        for _ in range(7):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert json.dumps(reached, ensure_ascii=False) == json.dumps(
        ["Ir a los resultados", "rockola", "Resultados", "ES", "EN", "Oscuro", "Los mismos números en JSON"],
        ensure_ascii=False,
    )
