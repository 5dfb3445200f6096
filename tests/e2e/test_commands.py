"""The command line as its user meets it: what is printed, what it exits with, what it leaves behind."""

import json
import signal
import socket
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from running import Process, fetch, run, until

TOTALS = {"Imaginaria Sonora": 320, "Mis palabras": 280, "El Viaje": 250, "Rock chapin": 160}
DEMO = str(files("rockola.send") / "demo.json")
Launch = Callable[..., Process]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Makes `rockola` processes on one data folder; they are killed in the end."""
    processes: list[Process] = []

    def make(command: str = "up", *flags: str, **env: str) -> Process:
        processes.append(Process(tmp_path / "data", command, *flags, **env))
        return processes[-1]

    yield make
    for process in processes:
        process.kill()


def totals(up: Process) -> dict[str, int]:
    """Votes by album, as the pages' API gives them."""
    results = json.loads(fetch(up.address("web"), "/api/results"))
    return {each["album"]: each["votes"] for each in results["candidates"]}


def test_a_vote_file_sent_twice_with_a_kill_between_is_counted_once(launch: Launch) -> None:
    up = launch().start()
    for _ in range(2):
        assert run("send", "--url", up.url("gateway", "/grpc"), DEMO).returncode == 0
        up.kill()
        up.start()
    until(lambda: totals(up) == TOTALS, "the totals of the file")
    assert run("verify", "--data", str(up.data)).returncode == 0


def test_every_part_alone_makes_the_same_system(launch: Launch) -> None:
    server = launch("server").start()
    gateway = launch("gateway", "--server", server.address("server")).start()
    launch("consumer").start()
    web = launch("web").start()
    assert run("send", "--url", gateway.url("gateway", "/grpc"), DEMO).returncode == 0
    until(lambda: totals(web) == TOTALS, "the totals of the file")


def test_the_pages_tell_what_the_last_verify_found(launch: Launch) -> None:
    up = launch().start()
    assert run("send", "--url", up.url("gateway", "/grpc"), DEMO).returncode == 0
    until(lambda: totals(up) == TOTALS, "the totals of the file")
    assert run("verify", "--data", str(up.data)).returncode == 0
    told = json.loads(fetch(up.address("web"), "/api/verification"))
    assert (told["same"], told["positions"]) == (True, {"0": 1010})


def test_a_contest_that_hides_its_results_needs_a_token_and_is_revealed_by_a_command(
    launch: Launch, tmp_path: Path
) -> None:
    contest = tmp_path / "contest.toml"
    contest.write_text('results = "organiser"')
    assert "Set ROCKOLA_TOKEN" in run("up", "--contest", str(contest), "--data", str(tmp_path / "none")).stderr
    up = launch("up", "--contest", str(contest), ROCKOLA_TOKEN="let-me-in").start()  # noqa: S106
    assert run("send", "--url", up.url("gateway", "/grpc"), DEMO).returncode == 0
    assert totals(up) == {}
    assert run("reveal", "--data", str(up.data)).returncode == 0
    until(lambda: totals(up) == TOTALS, "the totals of the file")


def test_what_verify_found_is_said_also_when_it_cannot_be_left_for_the_pages(launch: Launch) -> None:
    up = launch().start()
    (up.data / "verified.json").mkdir()
    verified = run("verify", "--data", str(up.data))
    assert (verified.returncode, "say the same" in verified.stdout) == (0, True)
    assert [path.name for path in up.data.glob("verified.json*")] == ["verified.json"]


@pytest.mark.parametrize("command", ["up", "gateway", "server", "consumer", "web"])
def test_a_part_says_that_it_is_alive_and_ends_when_told(launch: Launch, command: str) -> None:
    server = launch("server").start()
    part = launch(command, *(["--server", server.address("server")] if command == "gateway" else [])).start()
    assert json.loads(fetch(part.address("metrics"), "/healthz")) == {"status": "ok"}
    until(lambda: json.loads(fetch(part.address("metrics"), "/readyz")) == {"status": "ready"}, "readiness")
    assert part.stop() == 0
    assert part.errors.read_text() == ""


def test_ctrl_c_ends_it_as_well(launch: Launch) -> None:
    up = launch().start()
    up.signal(signal.SIGINT)
    assert up.ended() == 0


@pytest.mark.parametrize("part", ["gateway", "server", "web", "metrics"])
def test_a_taken_port_is_one_clear_sentence(launch: Launch, part: str) -> None:
    up = launch()
    with socket.create_server(("127.0.0.1", up.ports[part])):
        assert up.launch().ended() == 2
    said = up.errors.read_text()
    assert f"Nothing can listen at {up.address(part)}" in said.replace("\n", " ")
    assert f"--{part}-listen" in said
    assert "Traceback" not in said


def test_results_are_shown_as_a_table_and_as_json(launch: Launch) -> None:
    up = launch().start()
    run("send", "--url", up.url("gateway", "/grpc"), DEMO)
    until(lambda: totals(up) == TOTALS, "the totals of the file")
    table = run("results", "--data", str(up.data)).stdout
    assert all(f"{votes}" in table and album in table for album, votes in TOTALS.items())
    shown = json.loads(run("results", "--json", "--data", str(up.data)).stdout)
    assert (shown["counted"], [each["place"] for each in shown["candidates"]]) == (1010, [1, 2, 3, 4])


def contest(folder: Path, *albums: str) -> str:
    path = folder / "contest.toml"
    rows = "\n".join(f'[[candidates]]\nname = "Bohemia Suburbana"\nalbum = "{album}"' for album in albums)
    path.write_text(f'title = "Final"\nvotes_per_voter = 3\n{rows}\n')
    return str(path)


def test_another_contest_file_on_the_same_log_is_refused(launch: Launch, tmp_path: Path) -> None:
    launch("up", "--contest", contest(tmp_path, "Mis palabras")).start().stop()
    other = launch("up", "--contest", contest(tmp_path, "Mis palabras", "El Viaje")).launch()
    assert other.ended() == 1
    assert "another contest file" in other.errors.read_text().replace("\n", " ")


def test_votes_outside_the_catalogue_are_refused_at_the_door(launch: Launch, tmp_path: Path) -> None:
    up = launch("up", "--contest", contest(tmp_path, "Mis palabras", "Imaginaria Sonora")).start()
    sent = run("send", "--url", up.url("gateway", "/grpc"), DEMO)
    assert (sent.returncode, "600 accepted" in sent.stdout + sent.stderr) == (1, True)


def test_a_token_that_no_header_can_bring_is_refused(tmp_path: Path) -> None:
    done = run("web", "--data", str(tmp_path), "--metrics-listen=127.0.0.1:0", ROCKOLA_TOKEN="contrase\u00f1a")  # noqa: S106
    assert (done.returncode, "ROCKOLA_TOKEN must be ASCII" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--contest", "/nowhere.toml"], "/nowhere.toml"),
        (["--queue", "many"], "queue"),
        (["--trusted-proxies", "nonsense"], "trusted_proxies"),
        (["--web-listen", "0.0.0.0:0"], "ROCKOLA_TOKEN"),
        (["--tally", "mysql://somewhere"], "sqlite"),
    ],
)
def test_a_wrong_setting_is_one_clear_sentence(tmp_path: Path, flags: list[str], said: str) -> None:
    done = run("up", "--data", str(tmp_path), "--gateway-listen=127.0.0.1:0", *flags)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr


def test_a_failpoint_that_means_nothing_is_one_clear_sentence(tmp_path: Path) -> None:
    done = run("consumer", "--data", str(tmp_path), ROCKOLA_FAILPOINTS="consumer.read=explode")
    assert (done.returncode, "failpoints" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_results_of_a_folder_that_is_not_there_say_so_and_make_nothing(tmp_path: Path) -> None:
    done = run("results", "--data", str(tmp_path / "nowhere"))
    assert (done.returncode, "There is no data folder" in done.stderr) == (2, True)
    assert not (tmp_path / "nowhere").exists()


def test_a_data_folder_may_have_any_name(tmp_path: Path) -> None:
    up = Process(tmp_path / "a #1? día %41", "up").start()
    up.stop()
    assert {"log.db", "tally.db", "archive.db", "secret"} <= {path.name for path in up.data.iterdir()}


def test_every_command_explains_itself() -> None:
    for command in ("up", "gateway", "server", "consumer", "web", "send", "verify", "results", "demo"):
        done = run(command, "--help", COLUMNS="200")
        assert done.returncode == 0
        assert len(done.stdout.splitlines()) > 5


def test_a_log_replaced_while_it_is_written_ends_the_process(launch: Launch) -> None:
    up = launch().start()
    run("send", "--url", up.url("gateway", "/grpc"), DEMO)
    (up.data / "log.db").unlink()
    run("send", "--patience", "2", "--url", up.url("gateway", "/grpc"), DEMO)
    assert up.ended() == 1
    assert "was replaced or removed" in up.errors.read_text().replace("\n", " ")
