"""The browser, and the pages over stores of their own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from contract.web.serving import PALABRAS, SONORA, VIAJE, Stores, open_stores, serving
from looking import CHROMIUM, FLAGS
from services import missing

expect.set_options(timeout=20_000)  # milliseconds; these machines are slow and shared


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
    """Where the pages are."""
    with serving(stores) as served:
        yield served
