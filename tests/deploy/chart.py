"""The chart as Helm renders it: its objects as data, in each profile and in the corners that no profile reaches."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from services import missing
from tools.helm import helm
from tools.services.process import Missing

CHART = Path(__file__).parents[2] / "deploy" / "chart"
NAMESPACE = "so1-proyecto2"
EVERYTHING = (
    "--set=gateway_api.enabled=true,gateway_api.class=gke-l7-gxlb,gateway_api.grpc_host=g.example",
    "--set=contest=title,network.api_ports={443,16443}",
)
CASES: Mapping[str, Sequence[str]] = {
    "default": (),
    "single": ("-fvalues-single.yaml",),
    "gke": ("-fvalues-gke.yaml",),
    "external": ("-fvalues-external.yaml",),
    "everything": (*EVERYTHING, "--set=autoscaling.by=lag", "--api-versions=monitoring.coreos.com/v1"),
    "apart": (*EVERYTHING, "--set=doors.apart=true,autoscaling.by=none,ingress.tls_secret=t,ingress.host=h.example"),
    "watched": ("--set=prometheus.enabled=false,network.metrics_from[0].namespaceSelector.matchLabels.team=a",),
    "one door": ("--set=doors.rust.enabled=false,grafana.enabled=false,prometheus.enabled=false",),
}
Object = dict[str, Any]


def each_case() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", CASES)


def run_helm(command: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """A command of Helm on the chart; the test is skipped where Helm cannot be had."""
    try:
        program = helm()
    except Missing as error:
        missing(error.service, error)
    name = ("rockola",) if command == "template" else ()
    line = [str(program), command, *name, ".", f"--namespace={NAMESPACE}", *flags]
    return subprocess.run(line, cwd=CHART, capture_output=True, text=True, check=False, timeout=120)


@cache
def text_of(case: str) -> str:
    """What Helm writes."""
    done = run_helm("template", *CASES[case])
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def parsed(case: str) -> list[Object]:
    """Its objects; nobody changes them."""
    return [one for one in yaml.load_all(text_of(case), yaml.CSafeLoader) if one]  # the safe one, in C


def objects(case: str, *kinds: str) -> list[Object]:
    """The objects of a case, all or those of some kinds."""
    return [one for one in parsed(case) if not kinds or one["kind"] in kinds]


def named(case: str, kind: str, name: str) -> Object:
    """The one object of that kind and name."""
    (found,) = (one for one in objects(case, kind) if one["metadata"]["name"] == name)
    return found


def pods(case: str) -> Iterator[tuple[str, Object]]:
    """Every pod that the chart makes, by the name of what makes it: its metadata and its spec."""
    for one in objects(case, "Deployment", "StatefulSet", "Pod"):
        pod = one if one["kind"] == "Pod" else one["spec"]["template"]
        yield one["metadata"]["name"], pod


def containers(case: str) -> Iterator[tuple[str, Object]]:
    """Every container, by pod and name."""
    for name, pod in pods(case):
        for container in pod["spec"]["containers"]:
            yield f"{name}/{container['name']}", container


def component(labels: Mapping[str, str]) -> str:
    """The part that they name."""
    return labels["app.kubernetes.io/component"]


def fitting(case: str, selector: Mapping[str, str]) -> list[Object]:
    """The pods that a selector finds."""
    return [pod for _, pod in pods(case) if selector.items() <= pod["metadata"]["labels"].items()]


def envs(containers_: Iterable[tuple[str, Object]]) -> Iterator[tuple[str, Object]]:
    """Every environment entry, by container."""
    for name, container in containers_:
        for entry in container.get("env", ()):
            yield name, entry
