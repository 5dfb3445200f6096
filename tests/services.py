"""The services of the tests: real servers, each started once for a session when the first test needs it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tools.services.kafka import broker, brokers
from tools.services.mongo import Mongo
from tools.services.process import Missing, Running, free_ports
from tools.services.prometheus import Prometheus
from tools.services.redis import Redis
from tools.services.valkey import Valkey, cluster

MAKERS: dict[str, tuple[int, Callable[..., Running]]] = {  # how many ports each takes
    "kafka": (2, broker),
    "kafka3": (6, brokers),
    "valkey": (1, Valkey),
    "cluster": (6, cluster),
    "redis": (1, Redis),
    "mongo": (1, Mongo),
    "prometheus": (1, Prometheus),
}
NAMED = {"kafka": "ROCKOLA_KAFKA_URL", "redis": "ROCKOLA_REDIS_URL", "mongo": "ROCKOLA_MONGO_URL"}

EMBEDDED = "ROCKOLA_EMBEDDED"  # set by `make check`


class Services:
    """What runs: `services["kafka"]` is the base of its URLs, of a server that somebody named or else one of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: dict[str, Running | Missing] = {}

    def __getitem__(self, name: str) -> str:
        return os.environ.get(NAMED.get(name, "")) or self.get(name).url

    def get(self, name: str) -> Running:
        """Our own server, started when it is not yet; the test is skipped where it cannot be."""
        if name not in self.started:
            try:
                self.started[name] = make(name, self.folder / name).start()
            except Missing as error:
                self.started[name] = error
        found = self.started[name]
        return missing(found.service, found) if isinstance(found, Missing) else found

    def close(self) -> None:
        """Stops all of them."""
        running = [found for found in self.started.values() if not isinstance(found, Missing)]
        for server in running:
            server.kill()  # nobody reads their data again


class Own:
    """Servers of one test, which may kill them: `own("redis", appendonly="no")` is a fresh one that answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Running] = []

    def __call__(self, name: str, **options: str) -> Running:
        server = make(name, self.folder / f"{name}-{len(self.started)}", **options)
        self.started.append(server)
        try:
            return server.start()
        except Missing as error:
            missing(error.service, error)

    def close(self) -> None:
        for server in self.started:
            server.kill()


def make(name: str, folder: Path, **options: str) -> Running:
    """A server that is not started, at ports of its own."""
    if os.environ.get(EMBEDDED):
        pytest.skip(f"{EMBEDDED} leaves the tests of real services out")
    ports, maker = MAKERS[name]
    return maker(folder, *free_ports(ports), **options)


def missing(service: str, sentence: object) -> NoReturn:
    """Skips the test that needs it, or fails it where ROCKOLA_REQUIRE names the service."""
    if service in os.environ.get("ROCKOLA_REQUIRE", "").split(","):
        pytest.fail(str(sentence))
    pytest.skip(str(sentence))
