"""Keeps what the pages look like in docs/screenshots: `make screenshots`."""

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from contract.web.serving import GENERATION, PALABRAS, SONORA, VIAJE, Stores, open_stores, serving
from looking import CHROMIUM, FLAGS
from rockola.vote.contest import Contest
from rockola.vote.model import Door, Judged, Record, Verdict, Vote

FOLDER = Path("docs/screenshots")
CONTEST = Contest("Final 2026")
CHAPIN = Vote("Alux Nahual", "Rock chapin", 2014, 640)
VOTES = [SONORA] * 320 + [PALABRAS] * 280 + [VIAJE] * 250 + [CHAPIN] * 160
MINUTES = 45
DESKTOP, TALL, PHONE = (1280, 800), (1280, 1150), (390, 800)


class Shot(NamedTuple):
    """A picture: the page, the window and what is chosen in it."""

    path: str
    window: tuple[int, int] = DESKTOP
    lang: str = "es"
    theme: str = "light"


SHOTS = {
    "results": Shot("/", TALL),
    "results-dark": Shot("/", lang="en", theme="dark"),
    "results-phone": Shot("/", PHONE),
    "receipt": Shot(f"/receipt?receipt={GENERATION}.0.17", PHONE),
    "stage": Shot("/stage", theme="dark"),
    "votes": Shot("/votes", TALL),
}


def filled(stores: Stores) -> None:
    """Counts a contest's votes as they might come in, the newest now."""
    chance, now = random.Random(1), int(time.time() * 1000)
    votes = chance.sample(VOTES, len(VOTES))
    times = sorted(now - int(60_000 * MINUTES * chance.betavariate(1, 2)) for _ in votes)
    records = [
        Record(spread(vote, chance), chance.choice(list(Door)), at) for vote, at in zip(votes, times, strict=True)
    ]
    counted = [Judged(offset, Verdict.COUNTED, record) for offset, record in enumerate(records)]
    stores.judge(0, counted)
    stores.judge(
        0, [Judged(len(records) + again, Verdict.DUPLICATE, records[-1], len(records) - 1) for again in range(3)]
    )


def spread(vote: Vote, chance: random.Random) -> Vote:
    """The vote with a rank near its own."""
    return Vote(vote.name, vote.album, vote.year, min(1000, max(0, round(chance.gauss(vote.rank, 120)))))


def take(browser: Browser, url: str, shots: Sequence[tuple[str, Shot]]) -> None:
    """Takes the pictures, each by a reader of its own."""
    for name, shot in shots:
        width, height = shot.window
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        page = context.new_page()
        joint = "&" if "?" in shot.path else "?"
        page.goto(f"{url}{shot.path}{joint}lang={shot.lang}&theme={shot.theme}")
        page.wait_for_timeout(1500)  # the stream and the chart
        page.screenshot(path=FOLDER / f"{name}.png")
        context.close()


def main() -> None:
    """Takes all of them."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stores = open_stores(Path(folder))
        filled(stores)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        with serving(stores, CONTEST) as url:
            take(browser, url, list(SHOTS.items()))
        browser.close()


if __name__ == "__main__":
    main()
