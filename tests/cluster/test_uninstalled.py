"""`helm uninstall` leaves nothing but the volumes. This file is the last of its folder."""

from cluster.contest import NAMESPACE, Contest
from running import until

KEPT = {"persistentvolumeclaims", "events", "events.events.k8s.io", "pods.metrics.k8s.io"}
OF_THE_NAMESPACE = {
    "secret/rockola-log",
    "secret/rockola-archive",
    "configmap/kube-root-ca.crt",
    "serviceaccount/default",
}


def test_uninstall_leaves_the_volumes_alone(contest: Contest) -> None:
    contest.node.helm("uninstall", "rockola", "--wait", "--timeout=180s")
    kinds = contest.node.kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
    until(lambda: named(contest, *(set(kinds) - KEPT)) == OF_THE_NAMESPACE, "the end of the pods", 120)
    claims = {f"persistentvolumeclaim/data-{part}-0" for part in ("redis", "prometheus")}
    assert named(contest, "persistentvolumeclaims") == claims


def named(contest: Contest, *kinds: str) -> set[str]:
    """The objects of some kinds."""
    return set(contest.node.kubectl("-n", NAMESPACE, "get", ",".join(kinds), "-o", "name").split())
