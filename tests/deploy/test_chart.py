"""The chart's objects: right by Kubernetes' own schemas, named as users know them, and fitting one another."""

import kubernetes_validate
import pytest
import yaml

from chart import (
    CASES,
    NAMESPACE,
    Object,
    component,
    containers,
    each_case,
    envs,
    fitting,
    named,
    objects,
    pods,
    run_helm,
    text_of,
)
from dashboards import FILES
from rockola.cli import cli
from rockola.settings import Settings

BY_OTHERS = {  # what operators know, with the group of its API
    "kafka.strimzi.io/v1": {"Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"},
    "gateway.networking.k8s.io/v1": {"Gateway", "HTTPRoute", "GRPCRoute"},
    "networking.gke.io/v1": {"HealthCheckPolicy"},
    "keda.sh/v1alpha1": {"ScaledObject", "TriggerAuthentication"},
    "monitoring.coreos.com/v1": {"ServiceMonitor", "PrometheusRule"},
}
KNOWN = {  # to the original's users
    ("Deployment", "grpc-deployment"), ("Service", "grpc-service"), ("Deployment", "rust-deployment"),
    ("Service", "rust-service"), ("Deployment", "consumer-deployment"), ("Service", "redis-service"),
    ("Service", "mongodb-service"), ("Deployment", "grafana"), ("Service", "grafana"), ("Kafka", "my-cluster"),
    ("Ingress", "cluster-ingress"), ("HorizontalPodAutoscaler", "hpa"),
}  # fmt: skip


def is_by_others(one: Object) -> bool:
    return one["kind"] in BY_OTHERS.get(one["apiVersion"], ())


@each_case()
def test_every_object_is_one_of_kubernetes_or_of_an_operator(case: str) -> None:
    for one in objects(case):
        if not is_by_others(one):
            kubernetes_validate.validate(one, "1.37", strict=True)


@each_case()
def test_helm_has_nothing_to_complain_of(case: str) -> None:
    flags = [flag for flag in CASES[case] if not flag.startswith("--api-versions")]
    done = run_helm("lint", "--strict", *flags)
    assert done.returncode == 0, done.stdout


@each_case()
def test_no_document_is_empty(case: str) -> None:
    assert None not in yaml.load_all(text_of(case), yaml.CSafeLoader)


@each_case()
def test_no_two_objects_have_one_name(case: str) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in objects(case)]
    assert len(names) == len(set(names))


def test_the_names_are_those_that_users_know() -> None:
    assert {(one["kind"], one["metadata"]["name"]) for one in objects("default")} >= KNOWN
    assert {port["port"] for port in named("default", "Service", "grpc-service")["spec"]["ports"]} == {3000, 3001}
    assert {port["port"] for port in named("default", "Service", "rust-service")["spec"]["ports"]} == {8000, 8080}


@each_case()
def test_nothing_is_reached_from_outside_but_by_the_ingress(case: str) -> None:
    assert {one["spec"].get("type", "ClusterIP") for one in objects(case, "Service")} == {"ClusterIP"}


@each_case()
def test_a_selector_finds_the_pods_of_its_own_object(case: str) -> None:
    for one in objects(case, "Deployment", "StatefulSet"):
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert [pod["metadata"]["labels"] for pod in fitting(case, one["spec"]["selector"]["matchLabels"])] == [labels]


@each_case()
def test_a_service_leads_to_ports_of_pods(case: str) -> None:
    for one in objects(case, "Service"):
        found = fitting(case, one["spec"]["selector"])
        ports = {port["name"] for pod in found for each in pod["spec"]["containers"] for port in each.get("ports", ())}
        assert {port["targetPort"] for port in one["spec"]["ports"]} <= ports, one["metadata"]["name"]


@each_case()
def test_every_part_has_its_budget(case: str) -> None:
    budgets = [one["spec"]["selector"]["matchLabels"] for one in objects(case, "PodDisruptionBudget")]
    assert all(len(fitting(case, selector)) == 1 for selector in budgets)
    parts = {component(pod["metadata"]["labels"]) for name, pod in pods(case) if name != "vote-test"}
    assert {component(selector) for selector in budgets} == parts


def backends(one: Object) -> list[tuple[str, int]]:
    """Services and ports that an Ingress or a route sends to."""
    if one["kind"] == "Ingress":
        paths = [path["backend"]["service"] for rule in one["spec"]["rules"] for path in rule["http"]["paths"]]
        return [(path["name"], path["port"]["number"]) for path in paths]
    return [(to["name"], to["port"]) for rule in one["spec"]["rules"] for to in rule["backendRefs"]]


@each_case()
def test_a_path_leads_to_a_service(case: str) -> None:
    served = {
        (one["metadata"]["name"], port["port"]) for one in objects(case, "Service") for port in one["spec"]["ports"]
    }
    for one in objects(case, "Ingress", "HTTPRoute", "GRPCRoute"):
        assert set(backends(one)) <= served


@pytest.mark.parametrize(("kind", "case"), [("Ingress", "default"), ("HTTPRoute", "gke")])
def test_both_doors_and_the_pages_have_their_path(kind: str, case: str) -> None:
    (one,) = objects(case, kind)
    assert [service for service, _ in backends(one)] == ["grpc-service", "rust-service", "web-service"]


ELSEWHERE = {
    "votes-writer",
    "votes-reader",
    "rockola-log",
    "rockola-tally",
    "rockola-archive",
}  # of Strimzi, of the user


@each_case()
def test_a_key_of_a_secret_is_there(case: str) -> None:
    made = {one["metadata"]["name"]: one["stringData"].keys() for one in objects(case, "Secret")}
    refs = [entry.get("valueFrom", {}).get("secretKeyRef") for _, entry in envs(containers(case))]
    read = {(ref["name"], ref["key"]) for ref in refs if ref}
    assert {name for name, _ in read} <= made.keys() | ELSEWHERE
    assert all(key in made.get(name, {key}) for name, key in read)


def named_by(volume: Object) -> list[str]:
    """The ConfigMaps and Secrets of a volume."""
    sources = volume.get("projected", {}).get("sources", [volume])
    found = [source.get("configMap") or source.get("secret") for source in sources]
    return [one["name"] for one in found if one]


@each_case()
def test_a_volume_is_there(case: str) -> None:
    made = {one["metadata"]["name"] for one in objects(case, "ConfigMap", "Secret")}
    for name, pod in pods(case):
        volumes = pod["spec"].get("volumes", ())
        assert {one for volume in volumes for one in named_by(volume)} <= made, name
        mounts = {mount["name"] for each in pod["spec"]["containers"] for mount in each.get("volumeMounts", ())}
        assert mounts <= {volume["name"] for volume in volumes} | {"data"}  # which a StatefulSet may claim


@each_case()
def test_every_setting_is_one_of_the_table(case: str) -> None:
    known = {f"ROCKOLA_{name.upper()}" for name in Settings.model_fields}
    named_here = {entry["name"] for _, entry in envs(containers(case)) if entry["name"].startswith("ROCKOLA_")}
    assert named_here | named(case, "ConfigMap", "rockola")["data"].keys() <= known


@each_case()
def test_the_settings_are_understood(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in named(case, "ConfigMap", "rockola")["data"].items():
        monkeypatch.setenv(name, value)
    assert (Settings().reflection, Settings().drain, Settings().queue) == (False, 10, 20_000)


@each_case()
def test_every_command_is_one_of_rockola(case: str) -> None:
    known = {command.callback.__name__ for command in cli.registered_commands if command.callback}
    for name, container in containers(case):
        if "rockola" in container["image"] and not name.startswith("vote-test"):
            program, command = container["command"]
            assert (program, command) in {("rockola-door", "gateway"), ("rockola-door", "server")} or (
                program == "rockola" and command in known
            )


def test_consumers_are_scaled_as_they_were() -> None:
    spec = named("default", "HorizontalPodAutoscaler", "hpa")["spec"]
    assert (spec["scaleTargetRef"]["name"], spec["minReplicas"], spec["maxReplicas"]) == ("consumer-deployment", 2, 5)
    assert spec["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 40}


@each_case()
def test_nothing_is_scaled_twice_or_by_nobody(case: str) -> None:
    scalers = [
        one["spec"]["scaleTargetRef"]["name"] for one in objects(case, "HorizontalPodAutoscaler", "ScaledObject")
    ]
    assert len(scalers) == len(set(scalers))
    fixed = {one["metadata"]["name"] for one in objects(case, "Deployment") if "replicas" in one["spec"]}
    assert fixed | set(scalers) == {one["metadata"]["name"] for one in objects(case, "Deployment")}
    assert not fixed & set(scalers)


def test_by_lag_it_is_keda_who_scales_the_consumers() -> None:
    (scaled,) = objects("everything", "ScaledObject")
    assert scaled["spec"]["scaleTargetRef"]["name"] == "consumer-deployment"
    assert scaled["spec"]["triggers"][0]["metadata"]["consumerGroup"] == "rockola"


@pytest.mark.parametrize("case", ["default", "everything"])
def test_dashboards_and_rules_are_the_files(case: str) -> None:
    shown = named(case, "ConfigMap", "dashboards")["data"]
    assert shown == {path.name: path.read_text() for path in FILES.glob("dashboards/*")}
    rules = yaml.safe_load((FILES / "rules.yaml").read_text())
    assert yaml.safe_load(named(case, "ConfigMap", "prometheus")["data"]["rules.yaml"]) == rules
    assert [one["spec"] for one in objects(case, "PrometheusRule")] == [rules] * (case == "everything")


def test_grafana_has_the_datasource_that_the_dashboards_name() -> None:
    provisioned = named("default", "ConfigMap", "grafana")["data"]
    (source,) = yaml.safe_load(provisioned["datasources.yaml"])["datasources"]
    assert (source["uid"], source["editable"]) == ("prometheus", False)
    (provider,) = yaml.safe_load(provisioned["providers.yaml"])["providers"]
    (grafana,) = named("default", "Deployment", "grafana")["spec"]["template"]["spec"]["containers"]
    assert {"name": "dashboards", "mountPath": provider["options"]["path"], "readOnly": True} in grafana["volumeMounts"]


def test_everything_lies_in_the_namespace_it_is_installed_in() -> None:
    assert {one["metadata"].get("namespace", NAMESPACE) for one in objects("everything")} == {NAMESPACE}
