"""The tables of the documents are those of the code: settings, metrics, limits, costs, statuses, parameters, events."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import typer.main
from fastapi import FastAPI

from rockola.cli import cli
from rockola.eventlog import kafka_cluster
from rockola.ingest import answers, batching, booth, framing, gateway, http, listener, rpc
from rockola.ingest.gateway import Behind, Gateway
from rockola.metrics import Metrics
from rockola.opening import open_archive, open_tally
from rockola.probes import probes
from rockola.send import source
from rockola.settings import Settings
from rockola.tally import redis_server
from rockola.vote import body
from rockola.vote.contest import Contest
from rockola.web import app, export, guesses, query, serve, stream

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
CLUSTER = (ROOT / "docs" / "cluster.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
SOURCE = ROOT / "src" / "rockola"


def between(text: str, start: str, end: str) -> str:
    """What stands between two marks, each there once."""
    return text.partition(start)[2].partition(end)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text, their heads left out."""
    lines = [line.strip("|").split("|") for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)]
    cells = [[cell.strip() for cell in line] for line in lines]
    heads = {number - 1 for number, row in enumerate(cells) if set(row[0]) == {"-"}}
    return [row for number, row in enumerate(cells) if number not in heads and set(row[0]) != {"-"}]


def flags() -> set[str]:
    """The settings that some command has a flag for."""
    commands = typer.main.get_command(cli).commands.values()  # type: ignore[attr-defined]
    return {option.name for command in commands for option in command.params}


def settings_table() -> str:
    """The settings as the documents show them."""
    lines = ["| flag | environment | default | |", "|---|---|---|---|"]
    for name, setting in Settings.model_fields.items():
        flag = f"`--{name.replace('_', '-')}`" if name in flags() else "–"
        default = "" if setting.default in {None, ""} else f"`{setting.default}`"
        lines.append(f"| {flag} | `ROCKOLA_{name.upper()}` | {default} | {setting.description} |")
    return "\n".join(lines)


def metrics_table() -> str:
    """The metrics as the documents show them."""
    lines = ["| name | kind | labels | |", "|---|---|---|---|"]
    named = {one._name: one for one in vars(Metrics()).values() if hasattr(one, "_labelnames")}
    for family in Metrics().registry.collect():
        if family.name not in named:  # of the process, by the client itself
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = ", ".join(f"`{label}`" for label in named[family.name]._labelnames)
        lines.append(f"| `{name}` | {family.type} | {labels} | {family.documentation} |")
    return "\n".join(lines)


def test_the_settings_are_those_of_the_table() -> None:
    assert between(OPERATIONS, "<!-- settings -->\n", "\n<!-- /settings -->") == settings_table()


def test_the_metrics_are_those_of_the_table() -> None:
    assert between(OPERATIONS, "<!-- metrics -->\n", "\n<!-- /metrics -->") == metrics_table()


def told_options(start: str, end: str) -> dict[str, str]:
    """The options of a store's URL and their defaults, as the documents show them."""
    return {row[0].strip("`"): row[1].strip("`") for row in rows(between(CLUSTER, start, end))}


def test_the_options_of_urls_are_those_of_the_adapters() -> None:
    shown = {name: str(default) for name, default in (kafka_cluster.OPTIONS | redis_server.OPTIONS).items()}
    told = told_options("`kafka://[user", "`redis://[user") | told_options("`redis://[user", "`mongodb://[user")
    assert told == {name: text.lower() if text in {"True", "False"} else text for name, text in shown.items()}


LIMITS = {
    "request line": f"{(framing.LONGEST_TARGET + len('OPTIONS  HTTP/1.1')) // 1024} KB",
    "headers": f"{framing.MOST_HEADERS}, {framing.LARGEST_HEAD // 1024} KB in all",
    "body of a vote": f"{body.LARGEST_VOTE // 1024} KB",
    "body of a batch": f"{body.LARGEST_BATCH_BODY // 1024} KiB, {body.LARGEST_BATCH:,} votes",
    "headers within": f"{http.Deadlines.head + listener.SWEEP:.0f} s",
    "body within": f"{http.Deadlines.body + listener.SWEEP:.0f} s",
    "answer within": f"{batching.LONGEST + listener.SWEEP:.0f} s",
    "idle connection": f"{http.Deadlines.idle + listener.SWEEP:.0f} s",
    "requests of a connection without an answer": f"{http.MOST_UNANSWERED}",
    "connections of a gateway": f"{Settings.model_fields['connections'].default:,}, the setting `connections`",
    "connections of an address": f"{listener.MOST_OF_AN_ADDRESS}, unless it is this machine or a trusted proxy",
    "votes a gateway holds": f"{Settings.model_fields['queue'].default:,}, the setting `queue`",
    "votes of a batch between gateway and server": f"{batching.LARGEST}",
    "gRPC message": f"{rpc.LARGEST_MESSAGE // 1024} KiB, {rpc.LARGEST_BATCH:,} votes",
    "gRPC metadata": f"{rpc.LARGEST_METADATA // 1024} KB",
    "gRPC streams of a connection": f"{dict(rpc.OPTIONS)['grpc.max_concurrent_streams']}",
    "silence of a gRPC stream": f"{rpc.Waits.silence:.0f} s",
    "connections of the pages": f"{serve.CONNECTIONS:,}",
    "event streams": f"{stream.SEATS} in all, {stream.SEATS_OF_ADDRESS} an address",
    "event stream that is not read": f"let go after {stream.PATIENCE:.0f} s",
    "rows of a page": f"{query.LARGEST_PAGE}",
    "exports": f"{export.DESKS} at one time",
    "wrong tokens of an address at the sign-in": f"{guesses.GUESSES} a minute",
    "export that is not read": f"let go after {export.PATIENCE:.0f} s",
    "vote file packed by gzip": f"{source.UNPACKED >> 20} MiB unpacked",
    "row of a vote file": f"{body.LARGEST_VOTE // 1024} KB",
}


def test_the_limits_are_those_of_the_code() -> None:
    assert dict(rows(between(OPERATIONS, "## Limits", "What each route costs"))) == LIMITS


async def gateway_routes() -> set[str]:
    opened = Gateway(Behind(lambda votes: asyncio.sleep(0, [])), body.BodyReader(b"", Contest()), Settings(), Metrics())
    served = {path.decode(): route.methods - {b"HEAD"} for path, route in opened._routes.items()}
    return {f"{method.decode()} {path}" for path, methods in served.items() for method in methods}


def web_routes(folder: Path) -> set[str]:
    tally, archive = open_tally(f"sqlite:///{folder}/tally.db"), open_archive(f"sqlite:///{folder}/archive.db")
    built = app.build(tally, archive, Metrics(), app.Show())
    tally.close()
    archive.close()
    return set(routes(built))


def routes(built: FastAPI) -> Iterator[str]:
    for route in built.routes:
        included = getattr(route, "original_router", None)
        for one in included.routes if included else [route]:
            yield from (f"{method} {one.path}" for method in one.methods - {"HEAD"})


def costs() -> dict[str, list[str]]:
    """Each route of the table with its cost and what bounds it."""
    told = rows(between(OPERATIONS, "What each route costs", "Without a catalogue"))
    return {re.sub(r"`|gRPC ", "", row[0]): row[1:] for row in told}


def test_every_route_has_its_cost(tmp_path: Path) -> None:
    doubled = {"GET /healthz", "GET /readyz"}
    doors = {f"{route} (gateway)" if route in doubled else route for route in asyncio.run(gateway_routes())}
    probed = {f"GET {route.path}" for route in probes(Metrics(), lambda: True).routes}  # type: ignore[attr-defined]
    watched = {f"{route} (probes)" if route in doubled else route for route in probed}
    calls = {f"{rpc.SERVICE}/{call}" for call in re.findall(r"rpc (\w+)\(", (ROOT / "contract/vote.proto").read_text())}
    beside = {rpc.health.SERVICE_NAME, rpc.reflection.SERVICE_NAME}
    assert costs().keys() == doors | web_routes(tmp_path) | watched | calls | beside


def test_every_cost_says_what_bounds_it() -> None:
    assert [route for route, told in costs().items() if len(told) != 2 or not all(told)] == []


def told_statuses(text: str) -> set[tuple[int, str]]:
    """Status and code of each row of a table."""
    return {(int(row[0]), row[1].strip("`")) for row in rows(text) if row[0].isdigit()}


def gateway_statuses() -> set[tuple[int, str]]:
    """What the gateway can answer, as far as its modules and the examples say."""
    fixed = [value for module in (answers, booth) for value in vars(module).values() if isinstance(value, bytes)]
    fixed.append(gateway.route("POST", lambda request: None).otherwise)
    bodies = [one.partition(b"\r\n\r\n")[2] for one in fixed if one.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))]
    problems = [msgspec.json.decode(one) for one in bodies]
    examples = msgspec.json.decode((ROOT / "contract" / "examples.json").read_bytes())
    problems += examples["refused"] + [one for table in examples["catalogue"] for one in table["cases"]]
    known = {(one["status"], one["code"]) for one in problems if "status" in one}
    return known | {(202, ""), (207, "")}


def test_every_status_of_the_gateway_is_told() -> None:
    assert told_statuses(between(API, "### Every status", "## Vote over gRPC")) == gateway_statuses()


def web_statuses() -> set[tuple[int, str]]:
    text = "\n".join(path.read_text() for path in (SOURCE / "web").glob("*.py"))
    found = re.findall(r"Problem\(\s*([0-9]{3}), \"(\w+)\"", text)
    return {(int(status), code) for status, code in found} | {(200, ""), (204, "")}


def test_every_status_of_the_pages_is_told() -> None:
    assert told_statuses(between(API, "Everything here is only read", "503 and 429 carry")) == web_statuses()


def test_every_query_parameter_is_told_with_its_rule() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(between(API, "All filters hold together", "Without `limit`"))}
    assert told == {name: parameter.rule for name, parameter in query.PARAMETERS.items()}


def test_every_event_of_the_logs_is_told_with_its_level() -> None:
    texts = [path.read_text() for path in SOURCE.rglob("*.py")]
    found = {event: level for text in texts for level, event in re.findall(r"\blog\.(\w+)\(\s*\"([\w.]+)\"", text)}
    levels = {event: "error" if level == "exception" else level for event, level in found.items()}
    told = rows(between(OPERATIONS, "## Logs", "## Backup"))
    assert {row[0].strip("`"): row[1] for row in told} == levels
