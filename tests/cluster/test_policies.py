"""Who reaches whom, by trying it from inside the pods: the pairs of the table, and nobody else."""

from collections.abc import Iterator, Mapping

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
metadata: {{name: stranger, namespace: {namespace}}}
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


@pytest.fixture(params=[NAMESPACE, "default"])
def stranger(contest: Contest, request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A pod that nobody knows, beside the others or elsewhere."""
    contest.node.kubectl("apply", "-f-", given=STRANGER.format(namespace=request.param))
    contest.node.kubectl("-n", request.param, "wait", "--for=condition=Ready", "pod/stranger", "--timeout=60s")
    yield "stranger", request.param
    contest.node.kubectl("-n", request.param, "delete", "pod", "stranger", "--grace-period=0", "--force")


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


def test_a_stranger_reaches_no_part(contest: Contest, places: Places, stranger: tuple[str, str]) -> None:
    name, namespace = stranger
    others = {
        place for place in places.values() if place[0] in STORES and namespace != NAMESPACE
    }  # they have no policy
    assert reached(contest, name, places, namespace) == others
