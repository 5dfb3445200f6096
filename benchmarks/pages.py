"""What who looks at the pages feels: the first paint in a real browser, and the stream while hundreds read it.

Most of a first paint is the browser's own: on two cores and without a graphics card, Chromium paints a page of one line
after some 55 ms, one with a style sheet beside it and nothing else after 110, and the results with their sheet written
into the page, which the policy of the pages forbids, after 110 too. The server answers within 10 to 20 ms; without any
script the paint is as late.
"""

from collections.abc import Iterator
from statistics import median

import httpx
from playwright.sync_api import Page, sync_playwright

from doors import Fresh
from figures import Figure
from generator import vote
from processes import Running, rockola, until
from stream import figures

CHROMIUM = "/usr/bin/chromium"
PATHS = {"paint_results": "/", "paint_explorer": "/votes", "paint_stage": "/stage"}
VISITS = 20  # each with an empty cache
VOTES = 1000
READERS = 499  # beside the one who measures
RATE = 200  # votes a second while they read
PAINTED = "performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0]"


def pages(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """Milliseconds from the request to the first paint, and from a vote to its event with 500 other readers."""
    with rockola("up", fresh()) as running:
        cast(running)
        yield from paints(running)
    with rockola("up", fresh()) as running:
        yield from figures("stream_of_500", running, RATE, seconds, READERS)


def cast(running: Running) -> None:
    """Some votes, so that there is something to paint."""
    body = b"[" + b",".join(vote(number) for number in range(VOTES)) + b"]"
    headers = {"Content-Type": "application/json"}
    httpx.post(running.url("gateway", "/grpc/votes"), content=body, headers=headers).raise_for_status()
    results = running.url("web", "/api/results")
    until(lambda: httpx.get(results).json()["verdicts"]["counted"] == VOTES, "the count")


def paints(running: Running) -> Iterator[Figure]:
    """The median of some visits to each page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, path in PATHS.items():
            times = sorted(painted(browser.new_page(), running.url("web", path)) for _ in range(VISITS))
            yield Figure(name, round(median(times)), "ms", {"visits": VISITS, "worst_ms": round(times[-1])})
        browser.close()


def painted(page: Page, url: str) -> float:
    """One visit."""
    page.goto(url, wait_until="commit")
    until(lambda: page.evaluate(PAINTED), "a paint")
    found = float(page.evaluate(PAINTED))
    page.close()
    return found
