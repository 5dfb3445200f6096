"""The stage, the receipt, signing in and the reveal in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from contract.web.serving import GENERATION, SONORA, VIAJE, Stores, serving
from looking import PAYLOADS, reader
from rockola.vote.model import Vote
from scenes import BLIND, TOKEN

BLACK = "rgb(0, 0, 0)"
CLEAR = "rgba(0, 0, 0, 0)"
COLOURS = "all => all.map((one) => getComputedStyle(one).{})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("query", "ground"), [("", BLACK), ("?transparent=1", CLEAR), ("?theme=light", BLACK)])
def test_the_stage_is_black_or_nothing_whatever_the_reader_s_colours(
    browser: Browser, url: str, scheme: str, query: str, ground: str
) -> None:
    with reader(browser, f"{url}/stage{query}", color_scheme=scheme) as page:
        grounds = page.evaluate(
            "[document.body, document.documentElement].map((it) => getComputedStyle(it).backgroundColor)"
        )
        assert (grounds[0], grounds[1]) == (ground, CLEAR)


def test_the_stage_is_live_and_keeps_to_its_rows(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, f"{url}/stage?top=2") as page:
        expect(page.locator(".row")).to_have_count(2)
        stores.count(*[VIAJE] * 9)
        expect(page.locator(".row").first).to_contain_text("El Viaje")
        expect(page.locator(".row")).to_have_count(2)


def test_the_stage_says_a_word_only_when_something_is_wrong(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, f"{url}/stage") as page:
        expect(page.locator("#notice")).to_have_text("")
        stores.break_tally()
        expect(page.locator("#notice")).to_have_text("sin actualizar")
        expect(page.locator(".row")).to_have_count(3)


@pytest.mark.parametrize("path", ["/", "/stage"])
def test_nothing_moves_for_who_does_not_want_it(browser: Browser, url: str, path: str) -> None:
    with reader(browser, url + path, reduced_motion="reduce") as page:
        fill = page.locator(".fill").first
        assert fill.evaluate("(fill) => getComputedStyle(fill).transitionDuration") == "0s"


def test_b116_a_band_s_name_is_text_on_the_stage(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, f"{url}/stage?top=20") as page:
        stores.count(*[Vote(text, text, 2000, 500) for text in PAYLOADS])
        expect(page.locator(".row")).to_have_count(3 + len(PAYLOADS))
        assert set(PAYLOADS) <= set(page.locator(".row .band").all_inner_texts())


def test_a_receipt_is_typed_and_answered_by_keyboard_alone(browser: Browser, url: str) -> None:
    with reader(browser, f"{url}/receipt", java_script_enabled=False) as page:
        page.locator("#receipt").focus()
        page.keyboard.type(f"{GENERATION}.0.3")
        page.keyboard.press("Enter")
        expect(page.locator(".verdict h2")).to_contain_text("Este voto contó.")


def test_the_organiser_signs_in_reveals_and_signs_out(browser: Browser, stores: Stores) -> None:
    with (
        serving(stores, BLIND, token=TOKEN) as url,
        reader(browser, url) as public,
        reader(browser, f"{url}/sign-in?next=/") as organiser,
    ):
        expect(public.locator("#board")).not_to_contain_text("Sonora")
        organiser.locator("#token").fill(TOKEN)
        organiser.keyboard.press("Enter")
        expect(organiser.locator("#board")).to_contain_text("Imaginaria Sonora")
        organiser.get_by_text("Revelar los resultados").click()
        organiser.get_by_role("button", name="Revelar ahora").click()
        expect(public.locator("#board")).to_contain_text("Imaginaria Sonora")
        expect(public.locator("#veil")).to_be_hidden()
        organiser.get_by_role("button", name="Salir").click()
        expect(organiser.get_by_role("button", name="Salir")).to_have_count(0)


def test_a_wrong_token_is_said_and_can_be_typed_again(browser: Browser, stores: Stores) -> None:
    with serving(stores, token=TOKEN) as url:
        context = browser.new_context(locale="en")  # the browser complains of the status 403, as it should
        page = context.new_page()
        page.goto(f"{url}/sign-in")
        page.locator("#token").fill("let-me-out")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("That is not the token.")
        assert page.locator("#token").get_attribute("aria-invalid") == "true"
        context.close()


def test_the_minutes_are_drawn_and_stand_in_a_table(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, url) as page:
        expect(page.locator("#minutes-chart canvas")).to_be_visible()
        page.get_by_text("Ver como tabla").click()
        expect(page.locator("#minutes-table thead th").first).to_have_text("Minuto")


def test_a_line_of_the_minutes_has_the_colour_of_its_bar(browser: Browser, stores: Stores, url: str) -> None:
    with reader(browser, url) as page:
        expect(page.locator("#minutes-legend li").nth(2)).to_contain_text("El Viaje")
        lines = page.locator("#minutes-legend .swatch").evaluate_all(COLOURS.format("borderTopColor"))
        bars = page.locator("#board .fill").evaluate_all(COLOURS.format("fill"))
        assert (lines[:3], len(set(bars))) == (bars, 3)


def test_the_ranks_stand_in_a_table_that_is_live(browser: Browser, stores: Stores, url: str, tmp_path: Path) -> None:
    with reader(browser, url) as page:
        page.get_by_text("Notas en una tabla").click()
        cell = page.locator("#ranks-table tbody tr", has_text="Imaginaria Sonora").locator("td").nth(5)
        expect(cell).to_have_text("3")
        stores.count(SONORA)
        expect(cell).to_have_text("4")
