"""The real KEDA, built from its Go module: it scales the consumers by their lag in Kafka."""

import os
import shutil
import tempfile
from pathlib import Path

import yaml

from tools.cluster.images import folder, podman, run, written
from tools.cluster.node import Node, kustomized
from tools.crds import KEDA, downloaded
from tools.services.cache import program

PARTS = {"keda": "./cmd/operator", "keda-adapter": "./cmd/adapter"}
IMAGE = "localhost/keda:1"
UNUSED = ("admission", "webhook")  # what only checks objects, and needs certificates for it


def build() -> None:
    """The image with both programs, and the objects, unless they are there; minutes."""
    if tar().exists():
        return
    with tempfile.TemporaryDirectory(dir=folder()) as place:
        source = Path(place, "source")
        shutil.copytree(downloaded(KEDA), source)
        run(["chmod", "-R", "u+w", str(source)])
        (context := Path(place, "image")).mkdir()
        for name, package in PARTS.items():
            command = [program("go", "cluster"), "build", "-ldflags=-s -w", "-o", str(context / name), package]
            run(command, os.environ | {"CGO_ENABLED": "0"}, source)
        (context / "Dockerfile").write_text("FROM scratch\nCOPY keda keda-adapter /\nUSER 1000\n")
        podman("build", "-q", f"--tag={IMAGE}", str(context))
        objects().write_text(adapted(kustomized(source / "config" / "default")))
    written(tar(), IMAGE)


def tar() -> Path:
    """The file with its image."""
    return folder() / "keda.tar"


def objects() -> Path:
    """The file with what is applied."""
    return folder() / "keda.yaml"


def adapted(text: str) -> str:
    """Its objects with the image made here, and without what only checks other objects."""
    kept = [one for one in yaml.safe_load_all(text) if not any(word in one["metadata"]["name"] for word in UNUSED)]
    for one in kept:
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            container |= {"image": IMAGE, "imagePullPolicy": "Never"}
    return yaml.safe_dump_all(kept)


def install(node: Node) -> None:
    """Returns when it is at work."""
    node.script("load", str(tar()))
    node.kubectl("apply", "--server-side", "-f", str(objects()))
    for name in ("keda-operator", "keda-metrics-apiserver"):
        node.kubectl("-n", "keda", "rollout", "status", f"deployment/{name}", "--timeout=180s")


def remove(node: Node) -> None:
    """Takes it away, with all that it scales."""
    node.kubectl("delete", "-f", str(objects()), "--ignore-not-found", "--timeout=120s")
