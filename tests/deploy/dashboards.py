"""The dashboards and alert rules of the chart, as data."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tools.services.prometheus import Api

FILES = Path(__file__).parents[2] / "deploy" / "chart" / "files"
RULES = FILES / "rules.yaml"
WINDOWS = {"$__rate_interval": "5m", "$__range": "5m"}  # Grafana puts shorter ones; a slow machine needs these
COMPARED = re.compile(r"(.*\S)\s+[<>]\s+[\d.]+", re.DOTALL)


class Query(NamedTuple):
    """An expression, who asks it, and the labels that its legend or its words tell."""

    place: str
    expression: str
    labels: set[str]


def dashboards() -> dict[str, dict[str, Any]]:
    """Each dashboard by the name of its file."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FILES.glob("dashboards/*.json"))}


def alerts() -> list[dict[str, Any]]:
    """Every rule."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def queries() -> list[Query]:
    """What every panel asks, and the number of every alert without its bound."""
    return list(_queries())


def _queries() -> Iterator[Query]:
    for name, board in dashboards().items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                told = set(re.findall(r"{{(\w+)}}", target.get("legendFormat", "")))
                yield Query(f"{name}: {panel['title']} {target['refId']}", with_windows(target["expr"]), told)
    for rule in alerts():
        found = COMPARED.fullmatch(rule["expr"])
        told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        yield Query(f"alert: {rule['alert']}", found[1] if found else rule["expr"], told)


def with_windows(expression: str) -> str:
    for name, window in WINDOWS.items():
        expression = expression.replace(name, window)
    return expression


def numbers(prometheus: Api, expression: str) -> list[float]:
    """The numbers that an expression gives now; NaN, which a quotient of nothing is, is none."""
    found = [float(one["value"][1]) for one in prometheus.query(expression)]
    return [number for number in found if not math.isnan(number)]


def names_in(expression: str) -> set[str]:
    """The metrics that an expression reads."""
    return set(re.findall(r"\b(?:rockola|process)_\w+|\bup\b", re.sub(r'"[^"]*"', "", expression)))
