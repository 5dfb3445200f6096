"""Who reaches whom, by trying it from inside the pods: the pairs of the table, and nobody else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from cluster.contest import NAMESPACE, Contest, part_of
from pairs import DOORS, SERVERS, TOGETHER

PORTS: Mapping[str, tuple[int, ...]] = {  # all that each part listens at
    **{door: (*ports, SERVERS[door]) for door, ports in DOORS.items()},
    "web": (5000, 9103),
    "consumer": (9102,),
    "redis": (6379,),
    "prometheus": (9090,),
    "kafka": (9092,),
    "mongodb": (27017,),
}
STORES = {"kafka": "kafka", "mongodb": "mongo"}  # the labels of those beside the chart
TRY = 'for at in {}; do (timeout 3 bash -c "exec 3<>/dev/tcp/${{at/:/\\/}}" 2>/dev/null && echo $at) & done; wait'
STRANGER = """
apiVersion: v1
kind: Pod
metadata: {{name: stranger, namespace: {namespace}, labels: {{watches: {watches}}}}}
spec:
  securityContext: {{runAsNonRoot: true, runAsUser: 10001, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
    - name: stranger
      image: localhost/stores:1
      imagePullPolicy: Never
      command: [sleep, "600"]
      securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
"""
Places = Mapping[str, tuple[str, int]]  # an address and port → part and port


@pytest.fixture(scope="module")
def places(contest: Contest) -> Places:
    """Every port of every part."""
    found = {}
    pods = {part_of(pod): pod for pod in contest.pods()}
    pods |= {part: contest.pod(f"{name}-0", "stores") for part, name in STORES.items()}
    for part, ports in PORTS.items():
        address = pods[part]["status"]["podIP"]
        found |= {f"{address}:{port}": (part, port) for port in ports}
    return found


@contextmanager
def stranger(contest: Contest, namespace: str, watches: str = "nothing") -> Iterator[str]:
    """A pod of nobody's."""
    contest.node.kubectl("apply", "-f-", given=STRANGER.format(namespace=namespace, watches=watches))
    contest.node.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/stranger", "--timeout=60s")
    try:
        yield "stranger"
    finally:
        contest.node.kubectl("-n", namespace, "delete", "pod", "stranger", "--grace-period=0", "--force")


def reached(contest: Contest, pod: str, places: Places, namespace: str = NAMESPACE) -> set[tuple[str, int]]:
    """What a connection from a pod comes to."""
    said = contest.execute(pod, "bash", "-c", TRY.format(" ".join(places)), namespace=namespace)
    return {places[at] for at in said.split()}


@pytest.mark.parametrize("part", [*DOORS, "web", "consumer", "redis", "prometheus"])
def test_a_part_reaches_what_the_table_says(contest: Contest, places: Places, part: str) -> None:
    pod = contest.ready(part)[0]["metadata"]["name"]
    own = {(part, port) for port in PORTS[part]}  # its own ports are no connection between pods
    expected = {(to, port) for who, to, port in TOGETHER if who == part and to != "outside"}
    assert reached(contest, pod, places) - own == expected


@pytest.mark.parametrize("namespace", [NAMESPACE, "default"])
def test_a_stranger_reaches_no_part(contest: Contest, places: Places, namespace: str) -> None:
    with stranger(contest, namespace) as pod:
        assert reached(contest, pod, places, namespace) == open_to_others(places, namespace)


def test_another_prometheus_that_the_values_name_reaches_the_metrics_alone(contest: Contest, places: Places) -> None:
    metrics = {(to, port) for who, to, port in TOGETHER if who == "prometheus" and to != "outside"}
    with stranger(contest, "default", watches="rockola") as pod:
        assert reached(contest, pod, places, "default") == metrics | open_to_others(places, "default")


def open_to_others(places: Places, namespace: str) -> set[tuple[str, int]]:
    """The stores beside the chart, which have no policy of their own; in its namespace, nobody speaks to anybody."""
    return {place for place in places.values() if place[0] in STORES and namespace != NAMESPACE}
