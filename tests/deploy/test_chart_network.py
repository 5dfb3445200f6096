"""Who may speak to whom: the policies allow the pairs of this table, each by both of its ends, and nothing else."""

from collections.abc import Iterator

import pytest

from chart import Object, component, each_case, fitting, named, objects, pods
from pairs import APART, TOGETHER, Pair

DNS = {("UDP", 53), ("TCP", 53)}


def peer(one: Object) -> str:
    """The part that a peer is."""
    labels = one.get("podSelector", {}).get("matchLabels", {})
    if labels.get("strimzi.io/kind") == "Kafka":
        return "kafka"
    return component(labels) if labels else "outside"


def rows(case: str, way: str, end: str) -> Iterator[tuple[str, str, tuple[str, int]]]:
    """What the policies of the parts allow on one way: the part, its peer, protocol and port."""
    for policy in objects(case, "NetworkPolicy"):
        labels = policy["spec"]["podSelector"].get("matchLabels", {})
        if policy["metadata"]["name"] in {"nobody", "kafka"}:
            continue
        for rule in policy["spec"].get(way) or ():
            for one in rule[end]:
                for port in rule["ports"]:
                    yield component(labels), peer(one), (port["protocol"], port["port"])


def sent(case: str) -> set[Pair]:
    """The pairs that the sender's policy allows, but for names."""
    return {(part, to, port[1]) for part, to, port in rows(case, "egress", "to") if port not in DNS}


def received(case: str) -> set[Pair]:
    """The pairs that the receiver's policy allows."""
    return {(who, part, port[1]) for part, who, port in rows(case, "ingress", "from")}


@pytest.mark.parametrize(("case", "pairs"), [("default", TOGETHER), ("gke", APART)])
def test_the_pairs_are_those_of_the_table(case: str, pairs: set[Pair]) -> None:
    assert sent(case) == {pair for pair in pairs if pair[0] != "outside"}
    assert received(case) == {pair for pair in pairs if pair[1] not in {"outside", "kafka"}}


def test_a_public_grpc_api_opens_the_servers_of_its_route() -> None:
    assert {pair for pair in received("apart") - received("gke") if pair[0] == "outside"} == {
        ("outside", "grpc-server", 3001),
        ("outside", "rust-server", 8080),
    }


def test_kafka_lets_servers_and_consumers_in() -> None:
    (listener,) = named("gke", "Kafka", "my-cluster")["spec"]["kafka"]["listeners"]
    assert {peer(one) for one in listener["networkPolicyPeers"]} == {"grpc-server", "rust-server", "consumer"}


def test_the_kubernetes_api_is_where_the_values_say() -> None:
    ports = {pair for pair in sent("apart") if pair[:2] == ("prometheus", "outside")}
    assert ports == {("prometheus", "outside", 443), ("prometheus", "outside", 16443)}


def test_another_prometheus_is_let_in_to_the_metrics_and_nowhere_else() -> None:
    others = {("outside", part, port) for who, part, port in received("default") if who == "prometheus"}
    assert received("watched") - received("default") == others
    assert sent("watched") < sent("default")


def test_stores_of_others_are_reached_at_their_ports() -> None:
    outside = {pair for pair in sent("external") if pair[1] == "outside" and pair[0] != "prometheus"}
    assert {(part, port) for part, _, port in outside} == {
        *((part, port) for part in ("grpc", "rust", "consumer") for port in (9092, 9093, 9094)),
        *((part, port) for part in ("consumer", "web") for port in (6379, 27017)),
    }


@each_case()
def test_every_pod_is_refused_everything_first(case: str) -> None:
    assert named(case, "NetworkPolicy", "nobody")["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@each_case()
def test_every_part_has_a_policy_of_both_ways_and_may_ask_for_names(case: str) -> None:
    found = {}
    for one in objects(case, "NetworkPolicy"):
        if labels := one["spec"]["podSelector"].get("matchLabels", {}):
            found[labels.get("app.kubernetes.io/component")] = one["spec"]
            assert labels.get("strimzi.io/cluster") or len(fitting(case, labels)) == 1
    parts = {component(pod["metadata"]["labels"]) for _, pod in pods(case)}
    assert {part for part in found if part} == parts
    assert all(found[part]["policyTypes"] == ["Ingress", "Egress"] for part in parts)
    asking = {part for part, _, port in rows(case, "egress", "to") if port == ("UDP", 53)}
    assert asking == parts
