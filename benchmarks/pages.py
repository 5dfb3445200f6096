"""What who looks at the pages feels: the first paint in a real browser, and the stream while hundreds read it.

Nothing of a page is in the browser's cache. In a blank tab, the policy `same-origin` of openers makes Chromium begin a
new process once the answer is there: a page of one line and a style sheet paints after some 110 ms then, on two cores
and without a graphics card, and after 70 without that policy. In a tab that shows another page of ours the process is
there, and what is measured is the page: the server answers within 10 to 20 ms, the sheet is fetched, the body drawn.
The scripts have a low priority, since beside the sheet they cost the paint some 15 ms. A browser that is asked over and
over whether it has painted paints up to 30 ms later: it is left alone.
"""

import time
from collections.abc import Iterator
from statistics import median

import httpx
from playwright.sync_api import Browser, sync_playwright

from doors import Fresh
from figures import Figure
from generator import vote
from processes import Running, rockola, until
from stream import figures

CHROMIUM = "/usr/bin/chromium"
PATHS = {"paint_results": "/", "paint_explorer": "/votes", "paint_stage": "/stage"}
OURS = "/receipt"
REST = 0.3  # seconds in which nothing is asked of the browser
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
            for suffix, before in (("", None), ("_from_ours", running.url("web", OURS))):
                times = sorted(painted(browser, running.url("web", path), before) for _ in range(VISITS))
                yield Figure(
                    f"{name}{suffix}", round(median(times)), "ms", {"visits": VISITS, "worst_ms": round(times[-1])}
                )
        browser.close()


def painted(browser: Browser, url: str, before: str | None) -> float:
    """One visit, to a blank tab or from another page."""
    page = browser.new_page()
    if before:
        page.goto(before)
        time.sleep(REST)
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto(url, wait_until="commit")
    time.sleep(REST)
    until(lambda: page.evaluate(PAINTED), "a paint")
    found = float(page.evaluate(PAINTED))
    page.close()
    return found
