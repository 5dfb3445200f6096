"""The chart before an API server that knows the operators' objects: all of it is accepted, and a mistake is refused."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import pytest
import yaml

from chart import Object, each_case, objects, run_helm, text_of
from services import missing
from tools.cluster.node import Node
from tools.crds import definitions
from tools.services.process import Failed, Missing

NAMESPACE = "rendered"
STRICT = [f"pod-security.kubernetes.io/{how}=restricted" for how in ("enforce", "warn")]
UNKNOWN = "networking.gke.io"  # Google's definitions are in no package
CONTAINER = "spec.template.spec.containers.0"
REFUSED: Mapping[str, Mapping[str, str]] = {  # by whom: a change of an object or of values, and the words
    "server": {
        "Deployment/web-deployment apiVersion=apps/v2": 'no matches for kind "Deployment" in version "apps/v2"',
        "Deployment/web-deployment metadata.name=Web": "lowercase RFC 1123 subdomain",
        "Deployment/web-deployment spec.replica=2": ".spec.replica: field not declared in schema",
        "Deployment/web-deployment spec.replicas=-1": "must be greater than or equal to 0",
        "Deployment/web-deployment spec.selector=": "spec.selector: Required value",
        "Deployment/web-deployment spec.selector.matchLabels={a: b}": "does not match template `labels`",
        "Deployment/web-deployment spec.template.spec.hostNetwork=true": "would violate PodSecurity",
        "Deployment/web-deployment spec.template.spec.volumes.0={name: data, hostPath: {path: /}}": 'type "hostPath"',
        f"Deployment/web-deployment {CONTAINER}.ports.0.name=pages-of-results": "must be no more than 15 characters",
        f"Deployment/web-deployment {CONTAINER}.resources.limits.memory=512Mo": "must match the regular expression",
        f"Deployment/web-deployment {CONTAINER}.resources.requests.memory=9Gi": "less than or equal to memory limit",
        f"Deployment/web-deployment {CONTAINER}.volumeMounts.0.name=nowhere": "Not found",
        "Pod/vote-test spec.containers.0.securityContext={privileged: true}": "violates PodSecurity",
        "Pod/vote-test spec.securityContext.runAsUser=0": "violates PodSecurity",
        "HorizontalPodAutoscaler/hpa spec.maxReplicas=1": "must be greater than or equal to `minReplicas`",
        "PodDisruptionBudget/web spec.minAvailable=1": "cannot be both set",
        "Service/web-service spec.ports.0.port=70000": "must be between 1 and 65535",
        "Ingress/cluster-ingress spec.rules.0.http.paths.0.path=grpc": "must be an absolute path",
        "NetworkPolicy/web spec.ingress.0.from.0={podSelecter: {}}": "podSelecter: field not declared",
        "Kafka/my-cluster spec.kafka.listener=[]": ".spec.kafka.listener: field not declared in schema",
        "Kafka/my-cluster spec.kafka.listeners.0.type=intern": 'Unsupported value: "intern"',
        "KafkaTopic/votes spec.partitions=0": "should be greater than or equal to 1",
        "HTTPRoute/rockola spec.rules.0.matches.0.path.type=Prefix": 'Unsupported value: "Prefix"',
        "ScaledObject/consumer spec.scaleTargetRef=": "spec.scaleTargetRef: Required value",
        "ServiceMonitor/rockola spec.selector=": "spec.selector: Required value",
        "PrometheusRule/rockola spec.groups.0.rules.0.expr=": "expr: Required value",
        "values ingress.host=Votes.Example": "lowercase RFC 1123 subdomain",
        "values network.ingress_from[0].ipBlock.cidr=10.0.0.0/99": "must be a valid CIDR",
    },
    "chart": {
        "values autoscaling.consumer.min=6": "autoscaling.consumer.min is above its max",
        "values autoscaling.by=lag,log.managed=false": "autoscaling.lag_brokers",
    },
    "schema": {
        "values spread={a part of the world}": "/spread/0",
        "values settings.queu=1": "'queu' not allowed",
        "values web.replicas=-1": "/web/replicas",
        "values consumer.resources.limits.memory=512Mo": "/consumer/resources/limits/memory",
        "values image.python=rockola": "/image/python",
    },
}
ROWS = [(by, *row) for by, rows in REFUSED.items() for row in rows.items()]


@pytest.fixture(scope="module")
def server(node: Node) -> Iterator[Node]:
    """A namespace that wants pods restricted, on a server that knows the operators' objects."""
    try:
        files = [f"--filename={path}" for path in definitions()]
    except Missing as error:
        missing(error.service, error)
    before = node.kubectl("get", "crd", "--output=name").split()
    known = node.kubectl("apply", "--server-side", "--output=name", *files).split()
    node.kubectl("wait", "--for=condition=Established", "--timeout=60s", *known)
    node.kubectl("create", "namespace", NAMESPACE)
    node.kubectl("label", "namespace", NAMESPACE, *STRICT)
    node.kubectl("wait", "--for=create", "--timeout=60s", f"--namespace={NAMESPACE}", "serviceaccount/default")
    yield node
    node.kubectl("delete", "--wait=false", f"namespace/{NAMESPACE}")
    node.kubectl("delete", "--timeout=60s", *(one for one in known if one not in before))


def apply(server: Node, texts: Sequence[str]) -> list[str]:
    """The names of what an apply would have made; Failed with the server's words where it refuses or warns."""
    flags = ("--server-side", "--dry-run=server", "--warnings-as-errors", "--output=name", "--filename=-")
    return server.kubectl("apply", f"--namespace={NAMESPACE}", *flags, given="\n---\n".join(texts)).split()


def documents(text: str) -> list[str]:
    """What Helm writes, one text an object, but for those that the server cannot know."""
    return [one for one in text.split("\n---\n") if UNKNOWN not in one]


@pytest.fixture(scope="module")
def accepted() -> set[str]:
    """What the server has taken already: most objects are the same in every case."""
    return set()


@each_case()
def test_every_object_is_accepted_without_a_warning(server: Node, accepted: set[str], case: str) -> None:
    new = [one for one in documents(text_of(case)) if one not in accepted]
    assert len(apply(server, new)) == len(new)
    accepted |= set(new)


@pytest.mark.parametrize(("by", "change", "words"), ROWS, ids=[change for _, change, _ in ROWS])
def test_a_mistake_is_refused(server: Node, by: str, change: str, words: str) -> None:
    who, said = refusal(server, *change.split(" ", 1))
    assert who == by, said
    assert words in said


def refusal(server: Node, what: str, change: str) -> tuple[str, str]:
    """Who refuses a change, and what it says."""
    if what != "values":
        return "server", complaint(server, [yaml.safe_dump(changed(what, change))])
    done = run_helm("template", f"--set={change}")
    if done.returncode:
        return "schema" if "specifications of the schema" in done.stderr else "chart", done.stderr
    return "server", complaint(server, [one for one in documents(done.stdout) if one not in text_of("default")])


def complaint(server: Node, texts: Sequence[str]) -> str:
    """What the server says against them."""
    with pytest.raises(Failed) as refused:
        apply(server, texts)
    return str(refused.value)


def changed(what: str, change: str) -> Object:
    """The object Kind/name of the chart with another value at a path; without a value it goes."""
    kind, name = what.split("/")
    found = next(
        one for case in ("default", "everything") for one in objects(case, kind) if one["metadata"]["name"] == name
    )
    one = deepcopy(found)
    path, value = change.split("=", 1)
    *parents, last = (int(step) if step.isdigit() else step for step in path.split("."))
    at: Any = one
    for step in parents:
        at = at[step]
    if value:
        at[last] = yaml.safe_load(value)
    else:
        del at[last]
    return one
