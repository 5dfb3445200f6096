"""Kafka 4.4: real brokers, each its own controller, alone or as three that hold every record thrice."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tools.services.cache import java
from tools.services.process import HOST, Failed, Group, Service

HEAP = "256m"
QUICK = ["-XX:TieredStopAtLevel=1"]  # up in half the CPU; the full compiler pays after millions of records
CLUSTER_ID = "rockola-services-00000"  # each cluster here is alone on its ports
SETTINGS = {
    "process.roles": "broker,controller",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": "8388608",  # the default of 128 MB is half of the heap
    "broker.session.timeout.ms": "3000",  # a killed broker waits for its own old session to end: 9 s by default
    "broker.heartbeat.interval.ms": "1000",
}


class Node(NamedTuple):
    """Where a broker listens: to clients, and as a controller to the others."""

    number: int
    port: int
    controller: int


class Broker(Service):
    """One broker; the options are those of server.properties."""

    name, scheme = "kafka", "kafka"

    def __init__(self, folder: Path, node: Node, settings: dict[str, str]) -> None:
        super().__init__(folder, node.port)
        self.node, self.data = node, folder / "data"
        self.jvm: Sequence[str] = QUICK
        self.settings = SETTINGS | listening(node) | {"log.dirs": str(self.data)} | settings

    def prepare(self) -> Sequence[str]:
        run = [*java(self.name, f"-Xms{HEAP}", f"-Xmx{HEAP}", *self.jvm)]
        properties = self.folder / "server.properties"
        properties.write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()))
        if not (self.data / "meta.properties").exists():
            self.format([*run, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties)])
        return [*run, "kafka.Kafka", str(properties)]

    def format(self, command: Sequence[str]) -> None:
        with self.log.open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=log, check=False)
        if done.returncode:
            raise Failed(f"kafka could not format {self.data}: {self.last_words()}")

    def answers(self) -> bool:
        """Whether this broker is one of those that clients are sent to."""
        admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0, "socket.timeout.ms": 1000})
        try:
            return self.node.number in admin.list_topics(timeout=1).brokers
        except KafkaException:
            return False


def listening(node: Node) -> dict[str, str]:
    """The settings that differ from broker to broker."""
    listeners = f"PLAINTEXT://{HOST}:{node.port},CONTROLLER://{HOST}:{node.controller}"
    return {"node.id": str(node.number), "listeners": listeners, "advertised.listeners": listeners}


def brokers(folder: Path, *ports: int, **settings: str) -> Group[Broker]:
    """A broker at each of the first half of the ports, which speak to each other at the others: one, or three."""
    half = len(ports) // 2
    nodes = [Node(number + 1, ports[number], ports[half + number]) for number in range(half)]
    shared = {
        "controller.quorum.voters": ",".join(f"{node.number}@{HOST}:{node.controller}" for node in nodes),
        **replication(half),
        **{name.replace("_", "."): value for name, value in settings.items()},
    }
    return Group([Broker(folder / f"broker-{node.number}", node, shared) for node in nodes])


def broker(folder: Path, port: int, controller: int, **settings: str) -> Broker:
    """One broker alone."""
    return brokers(folder, port, controller, **settings).members[0]


def replication(copies: int) -> dict[str, str]:
    """Every topic, also the broker's own, has this many copies, and an acknowledged record all but one of them."""
    least = str(max(1, copies - 1))
    topics = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    internal = {f"{topic}.replication.factor": str(copies) for topic in topics}
    internal |= {f"{topic}.min.isr": least for topic in topics[1:]}
    return internal | {"default.replication.factor": str(copies), "min.insync.replicas": least}
