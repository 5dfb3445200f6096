"""The chart's own Prometheus: it finds every process by itself, and has what dashboards and alerts ask for."""

from importlib.resources import files

import pytest

from audit import await_counted
from cluster.contest import Contest
from dashboards import Query, alerts, numbers, queries
from running import run, until
from tools.services.prometheus import Api

PATIENCE = 120.0  # seconds: it looks every 15, a rate wants two looks, and pods may have just begun
DEMO = str(files("rockola.send") / "demo.json")
Target = tuple[str, str, str]  # pod, part, and address of its metrics


@pytest.fixture(scope="module")
def watching(contest: Contest) -> Api:
    """It knows every process, and saw votes being counted after that."""
    contest.await_all_ready()
    api = Api(f"http://{contest.node.address('prometheus')}:9090")
    until(lambda: answering(api) == processes(contest), "a look at each process", PATIENCE)
    assert run("send", *(f"--url=http://{door}" for door in contest.doors), DEMO).returncode == 0
    await_counted(contest.books)
    return api


def processes(contest: Contest) -> set[Target]:
    """Every container of rockola: its probes are at the port of its metrics."""
    return {
        (pod["metadata"]["name"], container["name"], f"{pod['status']['podIP']}:{port['containerPort']}")
        for pod in contest.pods("grpc", "rust", "consumer", "web")
        for container in pod["spec"]["containers"]
        for port in container["ports"]
        if port["name"] == f"{container['name']}-probes"
    }


def answering(api: Api) -> set[Target]:
    """What it scrapes; nothing unless all of it answers."""
    targets = api.targets()
    found = {(one["labels"]["pod"], one["labels"]["part"], one["labels"]["instance"]) for one in targets}
    return found if all(one["health"] == "up" for one in targets) else set()


def test_it_watches_each_container_of_each_pod(contest: Contest, watching: Api) -> None:
    until(lambda: answering(watching) == processes(contest), "a look at each process", PATIENCE)
    assert {part for _, part, _ in processes(contest)} == {"gateway", "server", "consumer", "web"}


def test_its_rules_are_those_of_the_chart_and_none_fails(watching: Api) -> None:
    until(lambda: {one["health"] for one in watching.rules()} == {"ok"}, "a look at each rule", PATIENCE)
    assert [one["name"] for one in watching.rules()] == [one["alert"] for one in alerts()]


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.place)
def test_a_query_finds_numbers_with_the_labels_that_are_told(watching: Api, query: Query) -> None:
    until(lambda: numbers(watching, query.expression), f"an answer to {query.expression}", PATIENCE)
    if "vector(0)" not in query.expression:  # which stands for nothing, and has no labels
        assert all(query.labels <= one["metric"].keys() for one in watching.query(query.expression))


@pytest.mark.parametrize(
    ("label", "expression", "values"),
    [
        ("door", "sum by (door) (rockola_appended_total) > 0", {"grpc", "rust"}),
        ("partition", "max by (partition) (rockola_position)", {str(number) for number in range(6)}),
        ("part", "sum by (part) (up)", {"gateway", "server", "consumer", "web"}),
    ],
)
def test_a_label_has_all_its_values(watching: Api, label: str, expression: str, values: set[str]) -> None:
    until(lambda: {one["metric"][label] for one in watching.query(expression)} == values, f"each {label}", PATIENCE)


def test_it_knows_the_positions_of_the_tally(contest: Contest, watching: Api) -> None:
    counted = "sum(max by (partition) (rockola_position))"
    until(lambda: numbers(watching, counted) == [sum(contest.books.ends().values())], "the last look", PATIENCE)
