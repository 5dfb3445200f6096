"""docs/kubernetes.md tells the values, what the profiles ask for, and what is there, as the chart has it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import CHART, Object, named, objects

DOCS = Path(__file__).parents[2] / "docs"
TEXT, SPANISH = (DOCS / "kubernetes.md").read_text(), (DOCS / "kubernetes.es.md").read_text()
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
UNITS = {"m": 0.001, "Mi": 2.0**-10, "Gi": 1.0}  # of cores and of GiB


def leaves(values: dict[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    """Every value by its path, resources left out."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{at}{name}.") if name != "resources" else ()
        else:
            yield f"{at}{name}", value


def written(value: object) -> set[str]:
    """How a default may stand in the table."""
    text = value if isinstance(value, str) else json.dumps(value)
    return {f"`{text}`", "see the file"} if value or isinstance(value, bool | int) else {""}


def test_every_value_is_told_with_its_default() -> None:
    told = re.findall(r"^\| `([\w.]+)` \| (.*?) \|", TEXT.partition("<!-- values -->")[2], re.MULTILINE)
    assert [path for path, _ in told] == [path for path, _ in leaves(VALUES)]
    assert [
        path for (path, text), (_, value) in zip(told, leaves(VALUES), strict=True) if text not in written(value)
    ] == []


def amount(quantity: str) -> float:
    """Cores or GiB."""
    number, unit = re.fullmatch(r"([\d.]+)(\D*)", quantity).groups()  # type: ignore[union-attr]
    return float(number) * UNITS.get(unit, 1.0)


def needs(case: str) -> Iterator[tuple[int, Object, list[str]]]:
    """How many of what: the requests of a container, and the volumes beside it."""
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in objects(case, "HorizontalPodAutoscaler")}
    for one in objects(case, "Deployment", "StatefulSet"):
        spec = one["spec"]
        count = spec.get("replicas") or scaled[one["metadata"]["name"]]["minReplicas"]
        claims = [claim["spec"]["resources"]["requests"]["storage"] for claim in spec.get("volumeClaimTemplates", ())]
        for number, container in enumerate(spec["template"]["spec"]["containers"]):
            yield count, container["resources"]["requests"], [] if number else claims
    for one in objects(case, "KafkaNodePool"):
        yield (
            one["spec"]["replicas"],
            one["spec"]["resources"]["requests"],
            [one["spec"]["storage"]["volumes"][0]["size"]],
        )
    for one in objects(case, "Kafka"):
        yield from ((1, operator["resources"]["requests"], []) for operator in one["spec"]["entityOperator"].values())


@pytest.mark.parametrize("case", ["default", "single", "gke", "external"])
def test_what_a_profile_asks_for_is_told(case: str) -> None:
    cpu = sum(count * amount(requests["cpu"]) for count, requests, _ in needs(case))
    memory = sum(count * amount(requests["memory"]) for count, requests, _ in needs(case))
    volumes = sum(count * amount(claim) for count, _, claims in needs(case) for claim in claims)
    row = f"| {case} | {cpu:.1f} | {memory:.1f} GiB | {volumes:.0f} GiB |"
    assert row in TEXT
    assert row in SPANISH


def test_both_languages_show_the_same_commands() -> None:
    english, spanish = (re.findall(r"^```\w+\n.*?^```$", text, re.MULTILINE | re.DOTALL) for text in (TEXT, SPANISH))
    assert english == spanish


def test_the_keys_of_the_secret_that_is_told_are_there() -> None:
    assert {"secret", "token", "grafana"} <= named("default", "Secret", "rockola")["stringData"].keys()
