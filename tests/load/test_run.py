"""A run of Locust from its first vote to its exit code, on a system as its user starts it."""

import csv
import hashlib
import json
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from threading import Thread

import httpx
import pytest

from contract.send.door import Door as LyingDoor
from locusts import Locust, System, system_on, workers
from running import fetch, free_port, until

Launch = Callable[..., Locust]
PATIENCE = 90.0  # seconds for a thousand votes on a slow machine
TOKEN = "of the organiser of a test"  # noqa: S105
SLOW = 30.0  # seconds for one answer
TOLD = 20  # broken promises that are named
DEMO = files("rockola.send") / "demo.json"
KEPT = "every promise was kept"
TOTALS = {"Imaginaria Sonora": 320, "Mis palabras": 280, "El Viaje": 250, "Rock chapin": 160}


def vote_file(folder: Path, rows: int) -> Path:
    """A file whose rows choose one of three bands in turn."""
    path = folder / "votes.ndjson"
    lines = (f'{{"name":"Band {row % 3}","album":"Ash","year":2000,"rank":{row % 11}}}\n' for row in range(rows))
    path.write_text("".join(lines))
    return path


@contextmanager
def denying(url: str) -> Iterator[str]:
    """A door that passes each vote on, and tells whoever sent it that it was refused."""

    class Denying(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # named by http.server
            body = self.rfile.read(int(self.headers["Content-Length"]))
            httpx.post(url, content=body, headers={"Content-Type": "application/json"}, timeout=SLOW)
            self.send_response(422)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Denying) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/grpc"
        server.shutdown()


def swarm(port: int, form: dict[str, str]) -> int:
    """The status of Locust's answer to its page's button; 0 while it does not listen."""
    try:
        return httpx.post(f"http://127.0.0.1:{port}/swarm", data=form, timeout=SLOW).status_code
    except httpx.ConnectError:
        return 0


def totals(address: str) -> dict[str, int]:
    """Votes by album, as the pages' API gives them."""
    results = json.loads(fetch(address, "/api/results"))
    return {each["album"]: each["votes"] for each in results["candidates"]}


def test_each_row_is_sent_once_by_all_workers_together(
    system: System, locust: Launch, door: str, tmp_path: Path
) -> None:
    votes = vote_file(tmp_path, 500)
    done = locust("--votes", str(votes), "--door", door, "-u", "6", "-r", "6", *system.pages, *workers(2))
    assert (done.ended(), KEPT in done.text) == (0, True), done.text
    digest = hashlib.sha256(votes.read_bytes()).hexdigest()[:24]
    assert Counter(one.id for one in system.kept()) == {f"{digest}.{row}": 1 for row in range(1, 501)}


@pytest.mark.parametrize("batch", ["1", "25"])
def test_every_kind_of_vote_has_its_outcome(system: System, locust: Launch, batch: str, tmp_path: Path) -> None:
    flags = ("--votes", str(vote_file(tmp_path, 200)), "--mix", "hostile", "--batch", batch, "-u", "4", "-r", "4")
    done = locust("--host", system.first, *flags, *system.pages)
    assert (done.ended(), KEPT in done.text) == (0, True), done.text
    kept = Counter((one.verdict, (one.id or "").rpartition(".")[2].isdigit()) for one in system.kept())
    assert kept["counted", True] == 200, "the rows of the file"
    assert kept["duplicate", True] > 200, "their repeats and conflicts"
    assert kept["counted", False] > 20, "the candidates that no file names"
    assert not [one.id for one in system.kept() if (one.id or "").endswith("invalid")]


@pytest.mark.parametrize("unknown", ["repeat", "leave"])
def test_votes_without_an_answer_are_sent_again_or_left_alone_and_never_counted_twice(
    system: System, locust: Launch, unknown: str
) -> None:
    flags = ("--mix", "contest", "--rounds", "0", "--rate", "200", "-u", "8", "-r", "8", "--unknown", unknown)
    run = locust("--host", system.first, *flags, *system.pages)
    until(lambda: len(system.kept()) > 50, "the first votes")
    system.up.kill()
    system.up.start()
    before = len(system.kept())
    until(lambda: len(system.kept()) > before + 50, "more votes")
    assert (run.stop(), KEPT in run.text) == (0, True), run.text
    assert ("are sent again" in run.text) == (unknown == "repeat"), run.text


def test_a_door_that_promises_and_appends_nothing_is_told(system: System, locust: Launch, tmp_path: Path) -> None:
    liar = LyingDoor()
    votes = vote_file(tmp_path, 20)
    done = locust("--host", liar.url, "--votes", str(votes), "--patience", "1", *system.pages)
    code = done.ended()
    liar.stop()
    assert (code, "PROMISES WERE BROKEN: 20 in all" in done.text) == (1, True), done.text
    assert len(re.findall("A: the vote .* was accepted as .* and the results do not hold it", done.text)) == 20


def test_a_door_that_refuses_and_appends_is_told(system: System, locust: Launch, tmp_path: Path) -> None:
    votes = vote_file(tmp_path, 20)
    with denying(system.first) as door:
        done = locust("--host", door, "--votes", str(votes), "--mix", "valid=1", "--patience", "5", *system.pages)
        assert done.ended() == 1
    assert len(re.findall("B: the vote .* was refused, and .* is kept", done.text)) == TOLD // 2, done.text


def test_promises_that_nobody_can_confirm_are_not_kept(system: System, locust: Launch, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    flags = ("--votes", str(vote_file(tmp_path, 20)), "--patience", "1", "--pages", nowhere)
    done = locust("--host", system.first, *flags)
    assert (done.ended(), "nobody can tell" in done.text) == (1, True), done.text


def test_the_organisers_token_opens_the_pages(locust: Launch, tmp_path: Path) -> None:
    with system_on(tmp_path / "data", ROCKOLA_TOKEN=TOKEN) as system:
        flags = ("--host", system.first, "--votes", str(vote_file(tmp_path, 20)), *system.pages)
        stranger, organiser = locust(*flags), locust(*flags, ROCKOLA_TOKEN=TOKEN)
        assert (stranger.ended(), "/api/votes answers 401" in stranger.text) == (1, True), stranger.text
        assert (organiser.ended(), KEPT in organiser.text) == (0, True), organiser.text


def test_a_file_that_changes_while_it_is_sent_is_told(system: System, locust: Launch, tmp_path: Path) -> None:
    votes = vote_file(tmp_path, 500)
    flags = ("--votes", str(votes), "--rounds", "0", "--rate", "200", "-u", "4", "-r", "4", *system.pages)
    run = locust("--host", system.first, *flags)
    until(system.kept, "the first votes")
    votes.write_text(votes.read_text().replace("Ash", "Elm"))
    assert (run.ended(), "changed while it was sent" in run.text) == (1, True), run.text


def test_a_worker_that_is_killed_takes_its_promises_along_and_is_told(system: System, locust: Launch) -> None:
    flags = ("--rounds", "0", "--rate", "100", "-u", "4", "-r", "4", "--patience", "3")
    run = locust("--host", system.first, *flags, *system.pages, *workers(2))
    until(lambda: len(system.kept()) > 50, "the first votes")
    os.kill(run.children()[0], signal.SIGKILL)
    assert (run.stop(), "was lost with all that it was promised" in run.text) == (1, True), run.text


def test_a_run_that_is_told_to_end_asks_for_its_promises_first(system: System, locust: Launch) -> None:
    run = locust("--host", system.first, "--rounds", "0", "--rate", "100", "-u", "4", "-r", "4", *system.pages)
    until(lambda: len(system.kept()) > 50, "the first votes")
    assert (run.stop(), KEPT in run.text) == (0, True), run.text


def test_a_run_by_the_web_page_is_settled_when_its_rows_are_sent(system: System, locust: Launch) -> None:
    port = free_port()
    flags = ("--host", system.first, *system.pages, "--web-host", "127.0.0.1", "--web-port", str(port))
    page = locust(*flags, headless=False)
    page.await_said("Starting web interface")
    form = {"user_count": "8", "spawn_rate": "8", "host": system.first, "mix": "contest", "batch": "10"}
    started = until(lambda: swarm(port, form), "a start by the page")
    page.await_said(KEPT)
    assert (started, page.stop()) == (200, 0), page.text


def test_a_finale_is_idle_then_loud_then_idle_and_is_written_down(
    system: System, locust: Launch, tmp_path: Path
) -> None:
    flags = ("--shape", "finale", "--idle", "2", "--burst", "4", "--rate", "60", "--rounds", "0", "-u", "2")
    written = ("--csv", str(tmp_path / "run"), "--csv-full-history", "--html", str(tmp_path / "run.html"))
    done = locust("--host", system.first, *flags, *written, *system.pages)
    assert (done.ended(), KEPT in done.text) == (0, True), done.text
    with (tmp_path / "run_stats_history.csv").open() as file:
        users = [int(row["User Count"]) for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    assert (users[0], max(users), users[-1]) == (0, 6, 0)
    assert system.first in (tmp_path / "run.html").read_text()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--votes", "/nowhere.json"], "/nowhere.json: cannot be opened"),
        (["--mix", "invalid=1"], "a mix is one of clean,"),
        (["--door", "brass"], "--door is grpc, rust, both or a URL"),
    ],
)
def test_what_is_wrong_with_a_run_is_one_clear_sentence(locust: Launch, flags: list[str], said: str) -> None:
    done = locust(*flags)
    assert (done.ended(), said in done.text, "Traceback" in done.text) == (2, True, False), done.text


@pytest.mark.parametrize("door", ["first", "second"])
def test_the_locustfile_of_the_original_works_unchanged(system: System, locust: Launch, door: str) -> None:
    original = Path(__file__).parent / "original.py"
    fans = locust("--host", getattr(system, door), "-u", "4", "-r", "4", file=original, VOTES=str(DEMO))
    until(lambda: totals(system.up.address("web")) == TOTALS, "the totals of the file", PATIENCE)
    assert (fans.stop(), "0(0.00%)" in fans.text) == (0, True), fans.text
