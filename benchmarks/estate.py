"""A real Kafka, Valkey and MongoDB server for the time of a measurement, and rockola's processes on them."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from processes import Running, answers, free_port, rockola, rust, started, until
from rockola.opening import create_log, open_tally
from tools.services.kafka import broker
from tools.services.mongo import Mongo
from tools.services.process import Running as Server
from tools.services.process import free_ports
from tools.services.valkey import Valkey

HERE = Path(__file__).parent
# a heap that no run fills: else its collector stops the archive for a quarter of a second
ROOMY = "-Xms6g", "-Xmx6g", "-Xmn256m"
PARTITIONS = 6
numbers = count()


@dataclass(frozen=True)
class Estate:
    """The servers; every count on them has names of its own."""

    kafka: Server
    valkey: Server
    mongo: Server

    def count(self) -> "Count":
        """The stores of a count that has not begun."""
        return Count(self, f"bench{next(numbers)}")

    def cpu(self) -> dict[str, float]:
        """Processor seconds that each server had."""
        return {name: Running(getattr(self, name).pid, {}).cpu() for name in ("kafka", "valkey", "mongo")}

    def memory(self) -> dict[str, float]:
        """MiB that each server holds."""
        servers = {name: Running(getattr(self, name).pid, {}) for name in ("kafka", "valkey", "mongo")}
        return {name: server.memory()["rss_mib"] for name, server in servers.items()}


@dataclass(frozen=True)
class Count:
    """A topic, a prefix of keys and a database."""

    estate: Estate
    name: str

    @property
    def log(self) -> str:
        return f"{self.estate.kafka.url}/{self.name}?group={self.name}&create_topic=true&partitions={PARTITIONS}"

    @property
    def tally(self) -> str:
        return f"{self.estate.valkey.url}/0#{self.name}"

    @property
    def archive(self) -> str:
        return f"{self.estate.mongo.url}/{self.name}"

    def recorded(self) -> int:
        """Records in the log."""
        settings = {"bootstrap.servers": self.estate.kafka.url.partition("://")[2], "group.id": "bench"}
        with closing(Consumer(settings)) as reader:
            ends = [reader.get_watermark_offsets(TopicPartition(self.name, p), 10)[1] for p in range(PARTITIONS)]
        return sum(ends)

    def counted(self) -> int:
        """Records that the tally stands behind."""
        with closing(open_tally(self.tally)) as tally:
            return sum(tally.totals().positions.values())


@dataclass
class Parts:
    """The processes of a count, by name."""

    running: dict[str, Running] = field(default_factory=dict)

    def cpu(self) -> dict[str, float]:
        """Processor seconds of each."""
        return {name: process.cpu() for name, process in self.running.items()}

    def memory(self) -> dict[str, float]:
        """MiB that each holds."""
        return {name: process.memory()["rss_mib"] for name, process in self.running.items()}


@contextmanager
def estate(folder: Path) -> Iterator[Estate]:
    """The servers, stopped at the end."""
    with ExitStack() as stack:
        kafka, valkey = broker(folder / "kafka", *free_ports(2)), Valkey(folder / "valkey", *free_ports(1))
        kafka.jvm = ()  # both compilers, as a broker that stays up has them
        mongo = Mongo(folder / "mongo", *free_ports(1))
        mongo.jvm = ROOMY
        for server in (kafka, valkey, mongo):
            server.start()
            stack.callback(server.stop)
        create_log(f"{kafka.url}/plain")  # for the plain way, with the same settings
        yield Estate(kafka, valkey, mongo)


class Doors(NamedTuple):
    """In which language gateway and server are."""

    gateway: str = "python"
    server: str = "python"


PYTHON = Doors()
STARTERS = {"python": rockola, "rust": rust}


@contextmanager
def parts(count: Count, data: Path, archived: bool = True, web: bool = False, doors: Doors = PYTHON) -> Iterator[Parts]:
    """Gateway, server, a consumer and, if asked for, the pages; without an archive the consumer is one that keeps
    nothing.
    """
    stores = f"--log={count.log}", f"--tally={count.tally}", f"--archive={count.archive}"
    with ExitStack() as stack:
        found = Parts()
        server = stack.enter_context(STARTERS[doors.server]("server", data, stores[0]))
        found.running["server"] = server
        gateway = STARTERS[doors.gateway]("gateway", data, f"--server=127.0.0.1:{server.ports['server']}")
        found.running["gateway"] = stack.enter_context(gateway)
        consumer = rockola("consumer", data, *stores) if archived else unarchived(count)
        found.running["consumer"] = stack.enter_context(consumer)
        if web:
            found.running["web"] = stack.enter_context(rockola("web", data, *stores[1:]))
        yield found


@contextmanager
def unarchived(count: Count) -> Iterator[Running]:
    """A consumer that archives nothing."""
    with started((sys.executable, str(HERE / "unarchived.py"), count.log, count.tally)) as process:
        yield Running(process.pid, {})


@contextmanager
def bare() -> Iterator[Running]:
    """The bare door."""
    port = free_port()
    with started((sys.executable, str(HERE / "bare.py"), str(port))) as process:
        until(lambda: answers(port) or process.poll() is not None, "the bare door")
        yield Running(process.pid, {"gateway": port})


@contextmanager
def plain_kafka(estate: Estate) -> Iterator[Running]:
    """FastAPI and aiokafka, as one uvicorn worker."""
    port = free_port()
    command = (sys.executable, "-m", "uvicorn", "plain_kafka:app", "--port", str(port), "--log-level", "warning")
    with started(command, HERE, {"PLAIN_KAFKA": estate.kafka.url.partition("://")[2]}) as process:
        until(lambda: answers(port) or process.poll() is not None, "the plain way")
        yield Running(process.pid, {"gateway": port})
