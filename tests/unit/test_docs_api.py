"""The examples of docs/api.md and the backup of docs/operations.md do what they say, on a `rockola up` of their own."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from running import Process, fetch, run, until

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "api.md").read_text()
OPERATIONS = (DOCS / "operations.md").read_text()
EXAMPLE = re.compile(r"^```sh\n(curl .*) # (\d{3})\n```\n(?:\n```json\n(.*)\n```\n)?", re.MULTILINE)
EXAMPLES = EXAMPLE.findall(API)
PYTHON = re.findall(r"^```python\n(.*?)^```$", API, re.MULTILINE | re.DOTALL)
BACKUP = re.findall(r"^```sh\n(sqlite3 .*?)^```$", OPERATIONS, re.MULTILINE | re.DOTALL)
PORTS = {"3000": "gateway", "3001": "server", "5000": "web"}
VOTE = '{"name":"Bohemia Suburbana","album":"Mis palabras","year":1997,"rank":9.5,"id":"of-the-test-%d"}'


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Everything at work, with two counted votes in it."""
    process = Process(tmp_path_factory.mktemp("docs") / "data").start()
    for number in range(2):
        curl(process, f"curl -H 'Content-Type: application/json' -d '{VOTE % number}' http://127.0.0.1:3000/grpc")
    until(lambda: json.loads(fetch(process.address("web"), "/api/results"))["counted"] >= 2, "the two votes")
    yield process
    process.kill()


def local(up: Process, text: str) -> str:
    """An example with the default ports replaced by those of the process."""
    return re.sub(r"127\.0\.0\.1:(3000|3001|5000)", lambda found: up.address(PORTS[found[1]]), text)


def curl(up: Process, command: str, **env: str) -> tuple[int, str]:
    """Status and body of an example."""
    command = local(up, command).replace("curl", "curl -sS --max-time 20 -w '\\n%{http_code}'", 1)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=os.environ | env, check=False)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def newest(up: Process) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(fetch(up.address("web"), "/api/votes?limit=1"))
    return {
        "RECEIPT": page["votes"][0]["receipt"],
        "NEXT": page["next"],
        "PREVIOUS": page["previous"],
        "SINCE": json.loads(fetch(up.address("web"), "/api/votes/tail"))["next"],
        "ROCKOLA_TOKEN": "",
    }


def shape(value: object) -> object:
    """What a JSON value looks like: its keys, the shape of its first element, its type; null is like any text."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return "number" if isinstance(value, int | float) else "text"


def test_there_are_examples_of_every_route() -> None:
    assert len(EXAMPLES) == API.count("```sh")
    asked = " ".join(command for command, _, _ in EXAMPLES)
    routes = (
        "/grpc ",
        "/grpc/votes",
        "/readyz",
        "/results ",
        "/stream",
        "/api/votes?",
        "/tail",
        "/summary",
        "/export",
        "/$RECEIPT",
        "/logs",
        "openapi",
    )
    assert [route for route in routes if route not in asked] == []


@pytest.mark.parametrize(("command", "status", "answer"), EXAMPLES)
def test_an_example_is_answered_as_it_says(up: Process, command: str, status: str, answer: str) -> None:
    given, body = curl(up, command, **newest(up))
    assert given == int(status)
    if "/stream" in command:
        assert body.startswith("event: results\nid: ")
    elif "format=ndjson" in command:
        assert all("receipt" in json.loads(line) for line in body.splitlines())
    elif answer:
        assert shape(json.loads(body)) == shape(json.loads(answer))
    else:
        json.loads(body)


def test_the_python_example_casts_its_votes(up: Process) -> None:
    (text,) = PYTHON
    done = subprocess.run([sys.executable, "-c", local(up, text)], capture_output=True, text=True, check=False)
    assert re.fullmatch(r"[\w-]{22}\.0\.\d+\nplace \nrefusal rank\n", done.stdout), done.stderr


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="the sqlite3 program is not installed")
def test_a_backup_made_while_it_runs_is_whole(up: Process, tmp_path: Path) -> None:
    (script,) = BACKUP
    env = os.environ | {"DATA": str(up.data), "BACKUP": str(tmp_path)}
    subprocess.run(["bash", "-ec", script], check=True, env=env)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.db", "log.db", "secret", "tally.db"]
    assert run("verify", "--data", str(tmp_path)).returncode == 0
