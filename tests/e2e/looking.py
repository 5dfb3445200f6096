"""Somebody who looks at the pages in a real browser, and what would be wrong with what they see."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from services import missing
from tools.build_pages import packages

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
ROOT = Path(__file__).parents[2]
AXE = packages(ROOT) / "node_modules/axe-core/axe.min.js"
FITS = "document.documentElement.scrollWidth <= innerWidth"
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><b>",
    "{{constructor}}",
    "javascript:x",
)
# Language, colours and width. Each state is looked at by two readers, and some by four, so that all pairs are there.
TWO = (("es", "dark", 360), ("en", "light", 1280))
FOUR = (*TWO, ("en", "dark", 1920), ("es", "light", 390))


@contextmanager
def reader(browser: Browser, url: str, width: int = 1280, **choices: Any) -> Iterator[Page]:
    """Somebody who looks at a page; whatever the browser complains about, as a broken policy, fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 800}, **{"locale": "es", **choices})
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(url)
    yield page
    context.close()
    assert not complaints, complaints


def violations(page: Page) -> list[str]:
    """What axe finds on a page, by WCAG 2.2 AA and its own best practices; the page's policy must be bypassed."""
    if not AXE.exists():
        missing("browser", f"browser: there is no {AXE}; make setup fetches it")
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("axe.run()")["violations"]
    return [f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]]
