"""The doors in Rust and in Python, and each before the other's server, on the same Kafka; the archive is off."""

from collections.abc import Iterator

from cluster import WARM, batched, parts_of, singly
from doors import CONNECTIONS, ROUNDS, Fresh
from estate import Doors, Estate, estate
from figures import Figure, middle
from processes import rust_program

ALIKE = Doors("rust", "rust"), Doors("python", "python")  # by turns, so that a slow minute of the machine is shared
MIXED = Doors("rust", "python"), Doors("python", "rust")


def cluster_doors(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """Single votes and batches by every pair; Skipped where the doors in Rust were not built."""
    rust_program()
    with estate(fresh()) as servers:
        for doors in ALIKE:
            pair_once(servers, fresh, doors, CONNECTIONS[0], WARM)
        for connections in CONNECTIONS:
            runs = [[pair_once(servers, fresh, doors, connections, seconds) for doors in ALIKE] for _ in range(ROUNDS)]
            yield from map(middle, zip(*runs, strict=True))
            yield from (pair_once(servers, fresh, doors, connections, seconds) for doors in MIXED)
        for doors in (*ALIKE, *MIXED):
            whole = parts_of(servers, fresh(), archived=False, doors=doors)
            yield batched(f"doors_{doors.gateway}_{doors.server}_batches", servers, whole, seconds)


def pair_once(servers: Estate, fresh: Fresh, doors: Doors, connections: int, seconds: float) -> Figure:
    """Single votes through a gateway and a server."""
    whole = parts_of(servers, fresh(), archived=False, doors=doors)
    return singly(f"doors_{doors.gateway}_{doors.server}_{connections}", servers, whole, connections, seconds)
