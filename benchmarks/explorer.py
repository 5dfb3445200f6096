"""The explorer over a large archive in SQLite: pages under any filters, counts, an export; each as a reader asks."""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

import httpx

from doors import Fresh
from figures import Figure
from processes import Failed, rockola
from rockola.opening import open_archive

VOTES = 10_000_000
MINUTE = 60_000  # milliseconds
BEGINNING, MILLISECONDS = 1_700_000_000_000, 1440 * MINUTE  # of a day that begins on 2023-11-14
GENERATION = "abcdefghijklmnopqrstuv"
CANDIDATES = 40  # the first has a fifth of the votes, the last one in thousands
ASKED = 1000  # pages
EXPORTED = 1_000_000  # rows that an export is read to
DRAWN = "SELECT number, number * 48271 % 65537 % 1000 AS a, number * 69621 % 65539 % 1000 AS b FROM rows"
RAW = f"""INSERT INTO votes
    WITH RECURSIVE rows(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM rows WHERE number < :votes - 1)
    SELECT 0, number, CASE WHEN number % 33 = 0 THEN 'duplicate' WHEN number % 1001 = 0 THEN 'over_limit'
        ELSE 'counted' END, 'Band ' || (a * b * :candidates / 1000000 / 4), 'Album ' || (a * b * :candidates / 1000000),
        1997, number % 1001, lower(hex(randomblob(8))), NULL, iif(b % 5, 'grpc', 'rust'),
        :beginning + number * :milliseconds / :votes, iif(number % 33, NULL, 0), NULL FROM ({DRAWN})"""
LATER = """DROP TRIGGER votes_summary; DROP INDEX votes_by_verdict; DROP INDEX votes_by_candidate;
    DROP INDEX votes_by_request"""  # opening the archive makes them, and the summary, sooner than row by row


class Asked(NamedTuple):
    """An answer, and how long it took."""

    milliseconds: float
    answer: dict[str, Any]


def explorer(fresh: Fresh, _: float) -> Iterator[Figure]:
    """Milliseconds of pages and counts at the 99th percentile, and rows a second of an export, one reader at a time."""
    data, rng = fresh(), random.Random(1)
    told: dict[str, object] = {"votes": VOTES, "made_in_s": made(data)}
    queries = [query(rng) for _ in range(ASKED)]
    with rockola("web", data) as running, httpx.Client(base_url=running.url("web"), timeout=60) as client:
        pages = [timed(client, "/api/votes", one | turn(client, one, rng)) for one in queries]
        yield figure("explorer_page_p99", [asked.milliseconds for asked in pages], told)
        counts = [timed(client, "/api/votes/summary", one) for one in queries]
        partial = sum(not asked.answer["exact"] for asked in counts)
        yield figure("explorer_counts_p99", [asked.milliseconds for asked in counts], told | {"partial": partial})
        yield Figure("explorer_export", exported(client), "rows/s", {"rows": EXPORTED, "format": "csv"})


def made(data: Path) -> float:
    """Makes the archive; the seconds it took."""
    url, began = f"sqlite:///{data}/archive.db", time.monotonic()
    with closing(open_archive(url)) as archive:
        archive.bind(GENERATION)
    with closing(sqlite3.connect(data / "archive.db")) as connection:
        connection.executescript(f"PRAGMA synchronous=OFF; {LATER}")
        told = {"votes": VOTES, "candidates": CANDIDATES, "beginning": BEGINNING, "milliseconds": MILLISECONDS}
        with connection:
            connection.execute(RAW, told)
    open_archive(url).close()
    return round(time.monotonic() - began, 1)


def query(rng: random.Random) -> dict[str, str]:
    """Any filters: none, one or several; half of them with a span of a minute to a day."""
    candidate = rng.randrange(CANDIDATES)
    choices = {
        "name": f"Band {candidate // 4}",
        "album": f"Album {candidate}",
        "verdict": rng.choice(["counted", "counted", "duplicate", "over_limit", "unreadable"]),
        "door": rng.choice(["grpc", "rust"]),
    }
    asked = {name: value for name, value in choices.items() if rng.random() < 0.4}
    if rng.random() < 0.5:
        minutes = int(1440 ** rng.random())
        start = BEGINNING // MINUTE + rng.randrange(1440)
        asked |= {"from": str(start * MINUTE), "to": str((start + minutes) * MINUTE)}
    return asked


def turn(client: httpx.Client, asked: dict[str, str], rng: random.Random) -> dict[str, str]:
    """The page itself, or one beside it, either way."""
    page = client.get("/api/votes", params=asked).json()
    beside = [("after", page["next"]), ("before", page["previous"]), ("limit", "200"), ("limit", "50")]
    return dict([rng.choice([(name, value) for name, value in beside if value])])


def timed(client: httpx.Client, path: str, asked: dict[str, str]) -> Asked:
    """An answer, and how long it took; Failed when it is none."""
    began = time.perf_counter()
    answer = client.get(path, params=asked)
    milliseconds = (time.perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise Failed(f"{path} {asked} is answered {answer.status_code}")
    return Asked(milliseconds, answer.json())


def figure(name: str, milliseconds: list[float], told: dict[str, object]) -> Figure:
    """What 99 of 100 take at most, with the middle and the longest."""
    cuts = quantiles(milliseconds, n=100)
    details = {"p50_ms": round(cuts[49], 2), "p99_ms": round(cuts[98], 2), "longest_ms": round(max(milliseconds), 2)}
    return Figure(name, round(cuts[98], 2), "ms", {**details, "asked": len(milliseconds), **told})


def exported(client: httpx.Client) -> int:
    """Rows a second of an export that is read to EXPORTED rows."""
    began, rows = time.monotonic(), 0
    with client.stream("GET", "/api/votes/export", params={"format": "csv"}) as answer:
        for piece in answer.iter_bytes():
            rows += piece.count(b"\n")
            if rows > EXPORTED:
                break
    return round(rows / (time.monotonic() - began))
