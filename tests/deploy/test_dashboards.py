"""Every query of every panel and alert finds something in a real Prometheus that watched real processes under load."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import grpc
import pytest
import yaml

from dashboards import Query, alerts, dashboards, names_in, numbers, queries
from rockola.metrics import Metrics
from rockola.vote import vote_pb2
from running import Process, run, until
from services import Own
from tools.services.prometheus import Api

DEMO = str(files("rockola.send") / "demo.json")
PARTS = ("server", "gateway", "consumer", "web")
OF_ALL = {"up", "process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes"}


def config_of(processes: list[Process]) -> str:
    """A prometheus.yml that scrapes them each second; `part` is what the chart makes of a pod's label."""
    static = [{"targets": [one.address("metrics")], "labels": {"part": one.command}} for one in processes]
    scrape = {"job_name": "rockola", "static_configs": static}
    return yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]})


def refused_by(server: Process) -> None:
    """A vote that no gateway of ours would hand on."""
    bad = vote_pb2.Vote(name="Band", album="Ash", year=1000)
    with grpc.insecure_channel(server.address("server")) as channel:
        cast = channel.unary_unary("/rockola.v1.Ballot/CastOne", lambda vote: vote.SerializeToString())
        with pytest.raises(grpc.RpcError):
            cast(bad, timeout=30)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A Prometheus that saw a vote file being counted."""
    folder = tmp_path_factory.mktemp("watched")
    own, server = Own(folder), Process(folder / "data", "server")
    behind = "--server", server.address("server")
    parts = [server, *(Process(folder / "data", part, *(behind if part == "gateway" else ())) for part in PARTS[1:])]
    try:
        prometheus = own("prometheus", config=config_of(parts))
        for one in parts:
            one.start()
        until(lambda: len(prometheus.api.query("up == 1")) == len(parts), "a scrape of each part")
        refused_by(server)
        assert run("send", "--url", parts[1].url("gateway", "/grpc"), "--rate", "400", DEMO).returncode == 0
        yield prometheus.api
    finally:
        for one in parts:
            one.kill()
        own.close()


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.place)
def test_a_query_finds_something(watched: Api, query: Query) -> None:
    until(lambda: numbers(watched, query.expression), f"an answer to {query.expression}")


def test_the_candidates_have_the_votes_of_the_file(watched: Api) -> None:
    until(lambda: numbers(watched, "sum(rockola_candidate_votes)") == [1010], "every vote of the file")


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.place)
def test_a_query_reads_metrics_of_the_table(query: Query) -> None:
    known = {sample.name for family in Metrics().registry.collect() for sample in family.samples} | OF_ALL
    known |= {family.name for family in Metrics().registry.collect()}
    known |= {f"{family.name}_{of}" for family in Metrics().registry.collect() for of in ("total", "bucket")}
    assert names_in(query.expression) <= known


def test_every_metric_is_on_a_dashboard() -> None:
    shown = set().union(*(names_in(query.expression) for query in queries()))
    bare = {name.removesuffix("_bucket").removesuffix("_total") for name in shown}
    assert {family.name for family in Metrics().registry.collect() if family.name.startswith("rockola_")} <= bare


@pytest.mark.parametrize("name", ["contest", "operations"])
def test_a_dashboard_is_what_grafana_reads(name: str) -> None:
    board = dashboards()[name]
    assert (board["uid"], board["editable"]) == (f"rockola-{name}", False)
    assert [panel["id"] for panel in board["panels"]] == list(range(1, len(board["panels"]) + 1))
    assert {panel["type"] for panel in board["panels"]} <= {"stat", "timeseries", "bargauge", "piechart"}
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"prometheus"}
    assert all(panel["title"] and panel["description"] for panel in board["panels"])


@pytest.mark.parametrize("name", ["contest", "operations"])
def test_no_panel_lies_on_another(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in dashboards()[name]["panels"]):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_in_both_languages(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"].keys() == {"summary", "resumen"}


def test_every_alert_has_a_unit_test() -> None:
    tried = "".join(path.read_text() for path in (Path(__file__).parent / "rules").glob("*.yaml"))
    assert [rule["alert"] for rule in alerts() if str(rule["alert"]) not in tried] == []
