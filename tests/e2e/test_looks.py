"""Every page and state, in both languages and colours, on a phone and on a wall: it fits, and axe finds nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from looking import FITS, FOUR, TWO, reader, violations
from scenes import SCENES, TOKEN, Scene, played

DRAWN = {"live", "stage", "receipt counted"}  # looked at by more: the rest are made of the same parts


def look(context: BrowserContext, url: str, scene: Scene) -> Page:
    """A page of somebody who is signed in, if the scene says so."""
    page = context.new_page()
    if scene.signed_in:
        page.goto(f"{url}/sign-in")
        page.locator("#token").fill(TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_url("**/votes")
    page.goto(url + scene.path)
    return page


@pytest.mark.parametrize("name", SCENES)
def test_a_state_can_be_read_by_everybody_at_every_size(browser: Browser, tmp_path: Path, name: str) -> None:
    scene = SCENES[name]
    with played(scene, tmp_path) as (url, stores):
        context = browser.new_context(bypass_csp=True, locale="es")
        page = look(context, url, scene)
        scene.after(stores)
        for language, theme, width in FOUR if name in DRAWN else TWO:
            page.set_viewport_size({"width": width, "height": 800})
            address, _, query = scene.path.partition("?")
            page.goto(f"{url}{address}?{query}&lang={language}&theme={theme}")
            assert page.evaluate("document.documentElement.lang") == language
            assert page.evaluate(FITS), (language, theme, width)
            assert violations(page) == [], (language, theme, width)
        context.close()


def test_a_lost_connection_can_be_read_as_well(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(bypass_csp=True, locale="es")
    with played(SCENES["live"], tmp_path) as (url, _):
        page = look(context, url, SCENES["live"])
        expect(page.locator("#state")).to_have_text("en vivo")
    expect(page.locator("#state")).to_have_text("sin conexión")
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("path", ["/", "/receipt", "/stage"])
def test_no_page_breaks_its_own_policy(browser: Browser, tmp_path: Path, path: str) -> None:
    with played(SCENES["live"], tmp_path) as (url, _), reader(browser, url + path) as page:
        page.wait_for_load_state("load")


def test_a_keyboard_reaches_everything_in_the_order_it_is_read(browser: Browser, tmp_path: Path) -> None:
    with played(SCENES["live"], tmp_path) as (url, _), reader(browser, url) as page:
        reached = []
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    header = ["Ir al contenido", "rockola", "Resultados", "Votos", "Recibo", "ES", "EN", "Oscuro"]
    assert reached[:11] == [*header, "Notas en una tabla", "Ver como tabla", "Los mismos números en JSON"]


def test_the_skip_link_skips_the_header(browser: Browser, tmp_path: Path) -> None:
    with played(SCENES["live"], tmp_path) as (url, _), reader(browser, url) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent.trim()") == "Notas en una tabla"


def test_what_has_the_focus_is_seen_to_have_it(browser: Browser, tmp_path: Path) -> None:
    with played(SCENES["receipt"], tmp_path) as (url, _), reader(browser, f"{url}/receipt") as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def test_axe_finds_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    with played(SCENES["receipt"], tmp_path) as (url, _):
        context = browser.new_context(bypass_csp=True)
        page = look(context, url, SCENES["receipt"])
        page.evaluate("document.querySelector('label').remove(); document.querySelector('h1').style.color = '#bbb'")
        assert {found.partition(":")[0] for found in violations(page)} >= {"label", "color-contrast"}
        context.close()
