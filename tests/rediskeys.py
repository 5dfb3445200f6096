"""What a tally keeps in Redis, key by key, without what it makes of them."""

from typing import Any

from building import step, vote
from rockola.opening import open_tally
from rockola.tally import Source, Tally
from rockola.tally.redis_server import Server

SOURCE = Source("abcdefghijklmnopqrstuv", 2, "digest")
KINDS = ("counts", "ids", "voters", "minutes")


def bound(url: str) -> Tally:
    """A tally that counts by SOURCE."""
    opened = open_tally(url)
    opened.bind(SOURCE)
    return opened


def begun(url: str) -> Tally:
    """The same, with a vote."""
    opened = bound(url)
    opened.restore(0, 0, [])
    opened.apply(step(0, vote("Ash")))
    return opened


def keys(server: Server, partition: int = 0) -> list[str]:
    """A partition's keys."""
    return [f"{server.prefix}{{{SOURCE.generation}:{partition}}}:{kind}" for kind in KINDS]


def held(server: Server) -> dict[str, Any]:
    """Everything under the test's prefix."""
    nodes = server.primaries().values()
    return {key.decode(): node.dump(key) for node in nodes for key in node.scan_iter(f"{server.prefix}*")}


def wipe(server: Server) -> None:
    """What FLUSHALL does, to this test's keys alone."""
    with server.client() as client:
        for key in held(server):
            client.delete(key)


def spoil(server: Server, key: str) -> None:
    """Makes a key hold something that is no tally's."""
    with server.client() as client:
        client.delete(key)
        client.set(key, "something else")
