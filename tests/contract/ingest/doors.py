"""The doors under test, each a line of DOORS: a gateway in front of a server in front of a log."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from contract.ingest.logs import KafkaLog, Log, SqliteLog
from contract.ingest.parts import Given, Part, python, python_both, python_gateway, python_server, rust
from contract.ingest.wire import Answer, Wire, post
from tools.services.process import Service

CATALOGUE = """
[[candidates]]
name = "Bohemia Suburbana"
album = "Mis palabras"
"""
ASKED = {named.name for named in fields(Given)} - {"log", "folder", "settings"}


@dataclass(frozen=True)
class Door:
    """Addresses of one door, the route of a vote, the name its server gives to a vote of its own, and its log."""

    http: str
    grpc: str
    log: Log
    parts: tuple[Part, ...]
    route: str = "/grpc"
    own: str = "grpc"

    def wire(self) -> Wire:
        """A connection to its gateway."""
        return Wire(self.http, self.route)

    def ask(self, raw: bytes) -> Answer:
        """The answer to one request on a connection of its own."""
        with self.wire() as wire:
            wire.send(raw)
            return wire.must_answer()

    def vote(self, body: bytes | None = None, **headers: str) -> Answer:
        """The answer to one vote, a good one unless told otherwise."""
        return self.ask(post(body, **headers))

    def count(self) -> int:
        """Records in the log."""
        return self.log.count()

    def newest(self) -> str:
        """The newest record as it lies in the log."""
        return self.log.newest()

    def blocked_log(self) -> AbstractContextManager[None]:
        """While it lasts, no append returns."""
        return self.log.blocked()

    def end(self) -> None:
        """Tells the gateway to end, and when it has, its server."""
        threading.Thread(target=self.leave, daemon=True).start()

    def leave(self) -> None:
        """Ends the gateway and then its server, and returns when they are gone."""
        for part in reversed(self.parts):
            part.end()
            part.gone()


Opens = Callable[[ExitStack, Given], Door]


def both_python(stack: ExitStack, given: Given) -> Door:
    """As `rockola up` has them."""
    part = stack.enter_context(python(python_both, given))
    grpc, http = part.addresses
    return Door(http, grpc, given.log, (part,))


def both_rust(stack: ExitStack, given: Given) -> Door:
    """Two processes in Rust."""
    server = stack.enter_context(rust("server", given))
    return behind_rust(stack, given, server, "rust")


def rust_gateway(stack: ExitStack, given: Given) -> Door:
    """A gateway in Rust in front of a server in Python."""
    server = stack.enter_context(python(python_server, given))
    return behind_rust(stack, given, server, "grpc")


def rust_server(stack: ExitStack, given: Given) -> Door:
    """A gateway in Python in front of a server in Rust."""
    server = stack.enter_context(rust("server", given))
    (grpc,) = server.addresses
    gateway = stack.enter_context(python(python_gateway(grpc), given))
    return Door(*gateway.addresses, grpc, given.log, (server, gateway), own="rust")


def behind_rust(stack: ExitStack, given: Given, server: Part, own: str) -> Door:
    """The door of a gateway in Rust."""
    (grpc,) = server.addresses
    gateway = stack.enter_context(rust("gateway", given, ROCKOLA_SERVER=grpc))
    return Door(*gateway.addresses, grpc, given.log, (server, gateway), "/rust", own)


DOORS: dict[str, tuple[str, Opens]] = {  # the log under it, and what opens it
    "python": ("sqlite", both_python),
    "rust": ("kafka", both_rust),
    "rust-gateway": ("sqlite", rust_gateway),
    "rust-server": ("kafka", rust_server),
}

# Tests that fail at a server in Rust, and why.
OF_TONIC = {
    "test_b85_a_client_that_pings_without_end_is_told_to_calm_down": "tonic answers every ping",
    "test_b88_a_call_of_nothing_is_unimplemented": "tonic resets a call without a path, which gRPC does not have",
}
DIFFERENCES = {(door, test): reason for door in ("rust", "rust-server") for test, reason in OF_TONIC.items()}


@contextmanager
def opened_door(kind: str, folder: Path, kafka: Callable[[], Service], **asked: Any) -> Iterator[Door]:
    """A door of a kind on a log of its own, with settings."""
    log_kind, opens = DOORS[kind]
    log: Log = SqliteLog(folder) if log_kind == "sqlite" else KafkaLog(kafka())
    more = {name: asked.pop(name) for name in ASKED & asked.keys()}
    with closing(log), ExitStack() as stack:
        yield opens(stack, Given(log, folder, settings=asked, **more))
