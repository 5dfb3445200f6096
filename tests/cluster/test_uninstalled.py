"""`helm uninstall` leaves nothing but the volumes. This file is the last of its folder."""

from cluster.contest import NAMESPACE, Contest

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
    listed = ",".join(sorted(set(kinds) - KEPT))
    left = set(contest.node.kubectl("-n", NAMESPACE, "get", listed, "-o", "name").split())
    assert left == OF_THE_NAMESPACE
    claims = contest.node.kubectl("-n", NAMESPACE, "get", "persistentvolumeclaims", "-o", "name").split()
    assert {claim.rpartition("/")[2] for claim in claims} == {"data-redis-0"}
