"""The contest on the node: what its pods are, where its doors are, and the books of its stores."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaException
from redis import RedisError

from books import Books
from running import until
from tools.cluster.node import NAMESPACE, STORES, Node

PORTS = {"grpc": 3000, "rust": 8000}
MINUTES = 180.0  # seconds for pods to come, on two cores
Pod = Mapping[str, Any]


class Contest:
    """The chart on a node, with the stores beside it."""

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def doors(self) -> Sequence[str]:
        """Where a crowd votes: host:port/route of each door's Service."""
        return [f"{self.node.address(f'{door}-service')}:{port}/{door}" for door, port in PORTS.items()]

    @property
    def pages(self) -> str:
        """The address of the pages."""
        return f"{self.node.address('web-service')}:5000"

    @property
    def books(self) -> Books:
        """The three stores, as this machine reaches them."""
        tally = f"redis://writer:{self.node.secret('tally-writer')}@{self.node.address('redis-service')}:6379/0"
        return Books(STORES["rockola-log"], STORES["rockola-archive"], tally)

    def is_reachable(self) -> bool:
        """Whether the Services lead to the stores: a new pod is ready a moment before the node sends anybody there."""
        try:
            return bool(self.books.positions() and self.books.ends())
        except (RedisError, KafkaException):
            return False

    def pods(self, *parts: str, namespace: str = NAMESPACE) -> Sequence[Pod]:
        """Those of some parts, or all."""
        found = json.loads(self.node.kubectl("-n", namespace, "get", "pods", "-o", "json"))["items"]
        return [pod for pod in found if not parts or part_of(pod) in parts]

    def pod(self, name: str, namespace: str = NAMESPACE) -> Pod:
        """One by its name."""
        return json.loads(self.node.kubectl("-n", namespace, "get", "pod", name, "-o", "json"))

    def ready(self, part: str) -> Sequence[Pod]:
        """The pods of a part that are asked."""
        return [pod for pod in self.pods(part) if is_ready(pod)]

    def await_ready(self, part: str, number: int) -> None:
        """Returns when so many pods of a part are ready and no other is there."""
        until(lambda: len(self.ready(part)) == len(self.pods(part)) == number, f"{number} ready {part}", MINUTES)

    def restarts(self, part: str) -> int:
        """How often its containers were started again."""
        return sum(one["restartCount"] for pod in self.pods(part) for one in pod["status"].get("containerStatuses", ()))

    def endings(self, part: str) -> set[str]:
        """Why its containers ended the last time."""
        states = [one["lastState"] for pod in self.pods(part) for one in pod["status"].get("containerStatuses", ())]
        return {state["terminated"]["reason"] for state in states if "terminated" in state}

    def roll_out(self, *what: str) -> None:
        """Restarts these one pod after the other, and returns when all are there again."""
        self.node.kubectl("-n", NAMESPACE, "rollout", "restart", *what)
        self.await_rolled_out(*what)

    def await_rolled_out(self, *what: str) -> None:
        for one in what:
            self.node.kubectl("-n", NAMESPACE, "rollout", "status", one, f"--timeout={MINUTES:.0f}s")

    def await_all_ready(self) -> None:
        """Returns when no pod is missing."""
        for kind in ("deployment", "statefulset"):
            self.await_rolled_out(*self.node.kubectl("-n", NAMESPACE, "get", kind, "-o", "name").split())

    def execute(self, pod: str, *command: str, namespace: str = NAMESPACE) -> str:
        """What a command prints in a pod."""
        return self.node.kubectl("-n", namespace, "exec", pod, "--", *command)


def part_of(pod: Pod) -> str:
    """The part that it is of."""
    return str(pod["metadata"]["labels"].get("app.kubernetes.io/component", ""))


def is_ready(pod: Pod) -> bool:
    """Whether it is asked, and is not on its way out."""
    conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", ())}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]
