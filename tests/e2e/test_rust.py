"""The doors in Rust as their user meets them: beside `rockola up`, and by their own help."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from rockola.settings import Settings
from running import Process, fetch, free_port, program, run, until

DEMO = str(files("rockola.send") / "demo.json")
VOTES = 1010
OF_GATEWAY = {"gateway_listen", "server", "queue", "connections", "address_rate", "voter_rate", "hosts"}
OF_GATEWAY |= {"trusted_proxies"}
OF_SERVER = {"server_listen", "log", "create_topic", "reflection"}
OF_BOTH = {"data", "contest", "secret", "metrics_listen", "drain"}
SETTINGS = {"gateway": OF_GATEWAY | OF_BOTH, "server": OF_SERVER | OF_BOTH}


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Process, str]]:
    """`rockola up` with a gateway in Rust, and where that one is."""
    program("rust")
    rust = f"127.0.0.1:{free_port()}"
    up = Process(tmp_path / "data", "up", f"--rust-listen={rust}")
    yield up.start(), rust
    up.kill()


def test_a_file_sent_by_both_doors_of_up_is_counted_once_and_shared(both: tuple[Process, str]) -> None:
    up, rust = both
    doors = [f"--url={up.url('gateway', '/grpc')}", f"--url=http://{rust}/rust"]
    for _ in range(2):
        assert run("send", "--batch", "10", *doors, DEMO).returncode == 0
    until(lambda: results(up)["counted"] == VOTES, "the votes of the file")
    assert all(results(up)["doors"][door] > VOTES // 4 for door in ("grpc", "rust"))
    assert up.stop() == 0
    assert "Traceback" not in up.errors.read_text()


def results(up: Process) -> dict[str, dict[str, int]]:
    """As the pages' API gives them."""
    found: dict[str, dict[str, int]] = json.loads(fetch(up.address("web"), "/api/results"))
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_gateway_in_rust_does_not_outlive_up(both: tuple[Process, str], number: signal.Signals) -> None:
    up, rust = both
    up.signal(number)
    up.ended()
    until(lambda: not is_open(rust), "the end of the gateway in Rust")


def is_open(address: str) -> bool:
    try:
        return "ok" in fetch(address, "/healthz")
    except OSError:
        return False


def test_up_without_the_program_says_what_it_left_out(tmp_path: Path) -> None:
    up = Process(tmp_path / "data", "up", "--rust-listen=127.0.0.1:0", PATH="/nowhere", ROCKOLA_CACHE=str(tmp_path))
    try:
        up.launch()
        assert up.process
        assert up.process.stdout
        said = list(iter(up.process.stdout.readline, "rockola is up. Ctrl-C stops it.\n"))
    finally:
        up.kill()
    assert any("left out" in line and "the gateway in Rust" in line for line in said)


def test_up_ends_with_a_sentence_where_the_program_keeps_silent(tmp_path: Path) -> None:
    silent = tmp_path / "rockola-door"
    silent.write_text("#!/bin/sh\nexec sleep 600\n")
    silent.chmod(0o755)
    listens = [f"--{part}-listen=127.0.0.1:0" for part in ("gateway", "server", "web", "metrics", "rust")]
    ended = run("up", f"--data={tmp_path}", *listens, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert ended.returncode == 1
    assert ended.stderr == "The gateway in Rust is not available: it did not say within 10 s that it is up\n"


@pytest.mark.parametrize("command", SETTINGS)
def test_its_settings_have_the_names_and_sentences_of_the_table(command: str) -> None:
    helped = subprocess.run([*program("rust"), command, "--help"], capture_output=True, text=True, check=True).stdout
    told = " ".join(helped.split())
    flags = {flag.replace("-", "_") for flag in re.findall(r"--([a-z-]+)", helped)} - {"help"}
    assert flags == SETTINGS[command]
    for name in flags:
        assert Settings.model_fields[name].description in told
        assert f"[env: ROCKOLA_{name.upper()}" in told


def test_its_command_line_refuses_what_it_cannot_follow_in_one_sentence(tmp_path: Path) -> None:
    command = [*program("rust"), "server", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "A server in Rust appends to Kafka alone, not to sqlite: name a log by --log kafka://host:port/topic.\n"
    )
