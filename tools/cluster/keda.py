"""The real KEDA on the node: it scales the consumers by their lag in Kafka."""

import yaml

from tools.cluster.images import IMAGES
from tools.cluster.node import Node
from tools.crds import KEDA
from tools.modules import downloaded

UNUSED = ("admission", "webhook")  # what only checks objects, and needs certificates for it


def objects(node: Node) -> str:
    """Those of its module with the image made here, and without what only checks other objects."""
    text = node.kubectl("kustomize", str(downloaded(KEDA) / "config" / "default"))
    kept = [one for one in yaml.safe_load_all(text) if not any(word in one["metadata"]["name"] for word in UNUSED)]
    for one in kept:
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            container |= {"image": IMAGES["keda"], "imagePullPolicy": "Never"}
    return yaml.safe_dump_all(kept)


def install(node: Node) -> None:
    """Returns when it is at work."""
    node.kubectl("apply", "--server-side", "-f-", given=objects(node))
    for name in ("keda-operator", "keda-metrics-apiserver"):
        node.kubectl("-n", "keda", "rollout", "status", f"deployment/{name}", "--timeout=180s")


def remove(node: Node) -> None:
    """Takes it away, with all that it scales."""
    node.kubectl("delete", "-f-", "--ignore-not-found", "--timeout=120s", given=objects(node))
