"""One node of Kubernetes with the chart on it: started, asked by kubectl and Helm, and stopped with nothing left."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.cluster import images
from tools.cluster.command import said
from tools.helm import helm
from tools.services.cache import alone, cache
from tools.services.process import Missing

HERE = Path(__file__).parent
CHART = HERE.parents[1] / "deploy" / "chart"
PROFILE = (f"--values={CHART / 'values-single.yaml'}", f"--values={HERE / 'values.yaml'}")
SCRIPT = HERE / "one_node.sh"
NAMESPACE = "so1-proyecto2"
STORES = {
    "rockola-log": "kafka://10.0.0.92:9092/votes?partitions=6",
    "rockola-archive": "mongodb://10.0.0.27:27017/so1_proyecto2",
}
VOLUMES = 6
PATIENCE = "--timeout=180s"
DEBIAN = (HERE / "debian.txt").read_text().split()  # programs; behind a colon their package if its name is another


class Node:
    """A node whose state lies in a folder; its programs and images lie in the cache. One at a time on a machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def up(self) -> None:
        """Returns when the node is ready; Missing where it cannot be, and then nothing is left behind."""
        check()
        try:
            self.script("up")
            self.script("load", str(images.tar()))
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """Stops it; nothing but the folder is left."""
        self.script("down")

    def script(self, verb: str, *arguments: str) -> str:
        return said([str(SCRIPT), verb, str(programs()), str(self.folder), *arguments])

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """What it prints, with an input; Failed with what it said when it could not."""
        return said([str(programs() / "bin/kubectl"), f"--kubeconfig={self.folder}/kubeconfig", *arguments], given)

    def helm(self, *arguments: str) -> str:
        """The same of Helm, in the namespace of the contest."""
        return said([str(helm()), f"--kubeconfig={self.folder}/kubeconfig", f"--namespace={NAMESPACE}", *arguments])

    def stores(self) -> None:
        """Kafka and the archive, ready; volumes for everybody; the namespace of the contest, with their URLs."""
        for number in range(VOLUMES):
            (place := self.folder / "volumes" / str(number)).mkdir(parents=True)
            place.chmod(0o777)
            self.kubectl("apply", "-f-", given=volume(number, place))
        self.kubectl("apply", "-f", str(HERE / "stores.yaml"))
        for name, url in STORES.items():
            secret = ("create", "secret", "generic", name)
            self.kubectl("-n", NAMESPACE, *secret, f"--from-literal=writer={url}", f"--from-literal=reader={url}")
        for name in ("kafka", "mongo"):
            self.kubectl("-n", "stores", "rollout", "status", f"statefulset/{name}", PATIENCE)

    def install(self, *flags: str) -> None:
        """The chart, in the profile of one node; returns when every pod is ready."""
        self.helm("upgrade", "--install", "rockola", str(CHART), *PROFILE, *flags, "--wait", PATIENCE)

    def address(self, service: str, namespace: str = NAMESPACE) -> str:
        """The address of a Service, which this machine reaches as the pods do."""
        return self.kubectl("-n", namespace, "get", "service", service, "-o", "jsonpath={.spec.clusterIP}")

    def secret(self, key: str) -> str:
        """What the chart made up once."""
        template = f'go-template={{{{index .data "{key}" | base64decode}}}}'
        return self.kubectl("-n", NAMESPACE, "get", "secret", "rockola", "-o", template)

    def pid(self, container: str) -> int:
        """The process that a container began with, as this machine sees it."""
        listed = said(
            [str(programs() / "bin/ctr"), "-a", f"{self.folder}/containerd.sock", "-n", "k8s.io", "tasks", "ls"]
        )
        (found,) = (line.split()[1] for line in listed.splitlines() if line.startswith(container))
        return int(found)


@contextmanager
def running_node() -> Iterator[Node]:
    """A node with the stores on it, gone at the end; Missing where there can be none."""
    with tempfile.TemporaryDirectory(prefix="node-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        node = Node(Path(folder))  # a short path: sockets lie there
        node.up()
        try:
            node.stores()
            yield node
        finally:
            node.down()


def programs() -> Path:
    """Where the node's programs are kept."""
    return cache() / "one-node"


def check() -> None:
    """Missing with a sentence where this machine cannot run a node."""
    check_packages()
    if not (programs() / "bin" / "kube-router").exists() or not images.tar().exists():
        raise Missing("cluster", "`make cluster-tools` builds its programs and images")


def check_packages() -> None:
    """Missing with what to install, or that it is root's work."""
    if os.geteuid() != 0:
        raise Missing("cluster", "a node of Kubernetes is root's work")
    if lacking := [one.rpartition(":")[2] for one in DEBIAN if not shutil.which(one.partition(":")[0])]:
        raise Missing("cluster", f"apt-get install {' '.join(lacking)}")


def build() -> None:
    """The programs of the node and the images, into the cache; minutes, the first time."""
    check_packages()
    with alone(cache() / "cluster.lock"):
        said([str(SCRIPT), "build", str(programs())])
        images.build()


def volume(number: int, place: Path) -> str:
    """A volume in a folder of this machine."""
    spec = f"capacity: {{storage: 2Gi}}, accessModes: [ReadWriteOnce], hostPath: {{path: {place}}}"
    return f"""
apiVersion: v1
kind: PersistentVolume
metadata: {{name: volume-{number}}}
spec: {{storageClassName: manual, {spec}}}
"""
