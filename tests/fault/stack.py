"""A Kafka, a Valkey and a MongoDB server of a test's own, rockola's processes on them, and a crowd that votes."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

from audit import check_ledger
from books import Books
from running import Process, run, until
from voters import Crowd
from witness import Witness

SESSION = 6  # seconds until a consumer that died is missed: the least a broker takes
HEALED = 60.0  # seconds from the end of a fault to a count that is level again
PATIENCE = 30.0
DOORS = ("server", "gateway")


class Mortal(Protocol):
    """A process of ours or a service."""

    def kill(self) -> None: ...

    def start(self) -> object: ...


class Stack:
    """The services are started; a process is when it is asked for, and none outlives the test.

    Its `name` tells its topic, database and keys from those of other tests on the same services.
    """

    def __init__(
        self,
        data: Path,
        own: Callable[..., Any],
        *,
        kafka: str = "kafka",
        protocol: str = "classic",
        name: str = "",
        kind: str = "python",
    ) -> None:
        self.data, self.kind = data, kind
        self.kafka, self.valkey, self.mongo = own(kafka), own("valkey"), own("mongo")
        log, archive = f"{self.kafka.url}/votes{name}", f"{self.mongo.url}/so1_proyecto2{name}"
        tally = f"{self.valkey.url}/0#{name}" if name else f"{self.valkey.url}/0"
        self.books = Books(log, archive, tally)
        self.env = {
            "ROCKOLA_LOG": f"{log}?session={SESSION}&group=rockola{name}" if protocol == "classic" else log,
            "ROCKOLA_ARCHIVE": archive,
            "ROCKOLA_TALLY": tally,
            "ROCKOLA_GROUP_PROTOCOL": protocol,
        }
        self.processes: list[Process] = []
        assert run("topic", "create", "--data", str(data), **self.env).returncode == 0

    def make(self, command: str, *flags: str, kind: str = "", **env: str) -> Process:
        """A `rockola` process that is not started yet; a door is of the stack's kind unless it is told its own."""
        kind = (kind or self.kind) if command in DOORS else "python"
        self.processes.append(Process(self.data, command, *flags, kind=kind, **(self.env | env)))
        return self.processes[-1]

    def doors(self, kind: str = "") -> tuple[Process, Process]:
        """A server and its gateway, started."""
        server = self.make("server", kind=kind).start()
        return server, self.make("gateway", "--server", server.address("server"), kind=kind).start()

    def route(self, gateway: Process) -> str:
        """Where a crowd votes."""
        return f"{gateway.address('gateway')}/{'rust' if self.kind == 'rust' else 'grpc'}"

    def close(self) -> None:
        """Kills the processes; the services end by themselves."""
        for process in self.processes:
            process.kill()

    def errors(self) -> str:
        """What the processes said on stderr."""
        return "".join(process.errors.read_text() for process in self.processes if process.errors.exists())


@contextmanager
def voting(crowd: Crowd, connections: int = 8) -> Iterator[Thread]:
    """The crowd votes in a thread until the block ends, or it has no more votes; then every voter gets an answer."""
    thread = Thread(target=lambda: asyncio.run(crowd.vote(connections)))
    crowd.going = True
    thread.start()
    try:
        yield thread
    finally:
        crowd.going = False
        thread.join()


@contextmanager
def counted(stack: Stack, rng: random.Random, repeat_unknown: bool = True) -> Iterator[tuple[Crowd, Process]]:
    """Everything at work while a crowd votes and a witness reads the results; audited in the end (A to F, I to K).

    The consumer is the one that the block may disturb.
    """
    _, gateway = stack.doors()
    consumer, web = stack.make("consumer").start(), stack.make("web").start()
    crowd, witness = Crowd([stack.route(gateway)], rng, repeat_unknown), Witness(web.address("web"))
    try:
        with voting(crowd):
            until(lambda: crowd.statuses[202] > 50 and stack.books.positions(), "the first votes", PATIENCE)
            yield crowd, consumer
            more(crowd, 20)
    finally:
        witness.stop()
    check_ledger(stack.books, crowd.ledger, HEALED)
    witness.check()
    errors = stack.errors()
    for word in ("Traceback", "panicked"):
        assert word not in errors, errors[errors.index(word) :]


def revive(part: Mortal) -> None:
    """Starts it again, and again as long as it ends because something that it needs is away as well."""

    def started() -> bool:
        try:
            part.start()
        except AssertionError:
            return False
        return True

    until(started, "its return", HEALED)


def more(crowd: Crowd, votes: int, seconds: float = PATIENCE) -> None:
    """Returns when so many votes more were accepted."""
    accepted = crowd.statuses[202]
    until(lambda: crowd.statuses[202] >= accepted + votes, f"{votes} votes accepted", seconds)


def pause(rng: random.Random, least: float, most: float) -> None:
    """Lets a random time pass while everything works: the moment of a fault is what a test tries out."""
    time.sleep(rng.uniform(least, most))
