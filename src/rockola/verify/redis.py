"""The tally in Redis, Valkey or a Redis Cluster, read by commands of its own, a partition in one transaction."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from redis import Redis, RedisCluster, RedisError
from redis.exceptions import RedisClusterException

from rockola.urls import WrongUrl, without_secrets
from rockola.verify.report import Memory, Sums, Tallied
from rockola.vote.errors import Unavailable

PORT = 6379
ANSWER, PATIENCE = 10, 60  # seconds for a connection, and for an answer: all that a partition remembers is one


def read_tally(url: str) -> Tallied:
    """See sources.read_tally."""
    prefix, given = unquote(urlsplit(url).fragment), _arguments(url)
    positions, sums = dict[int, int](), Sums()
    with _errors(url), closing(_connected(given)) as client:
        source = json.loads(client.get(f"{prefix}rockola") or '{"generation": null, "partitions": 0}')
        for partition in range(source["partitions"]):
            counts, memory = _partition(client, f"{prefix}{{{source['generation']}:{partition}}}")
            if "position" in counts:  # else it is lost, with all that may be left of it
                positions[partition] = counts.pop("position")
                counts.pop("rebuilds", None)
                sums.counts.update(counts)
                sums.remember(memory)
    return Tallied(source["generation"], source["partitions"], positions, sums)


def _partition(client: Any, key: str) -> tuple[dict[str, int], Memory]:
    """Everything of one moment; the position is one of the counts."""
    with client.pipeline(transaction=True) as together:
        together.hgetall(f"{key}:counts").hgetall(f"{key}:minutes")
        together.hvals(f"{key}:ids").hvals(f"{key}:voters")
        counts, minutes, ids, voters = together.execute()
    numbers = {field.decode(): int(number) for field, number in (_fields(counts) | _fields(minutes)).items()}
    offsets = sum(int.from_bytes(offset) for offset in ids)
    return numbers, Memory(len(ids), offsets, sum(map(int, voters)))


def _fields(answer: Any) -> dict[bytes, bytes]:
    """A hash; in a cluster's transaction the driver leaves it as it comes."""
    return answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))


def _connected(given: dict[str, Any]) -> Any:
    client = Redis(**given)
    if client.info("cluster").get("cluster_enabled") != 1:
        return client
    client.close()
    return RedisCluster(**{name: value for name, value in given.items() if name != "db"})


def _arguments(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    try:
        port, database = parts.port or PORT, int(parts.path.strip("/") or 0)
    except ValueError:
        raise WrongUrl("A tally's URL reads redis://[user:password@]host[:port][/database][#prefix].") from None
    return {
        "host": parts.hostname,
        "port": port,
        "db": database,
        "username": unquote(parts.username or "") or None,
        "password": unquote(parts.password or "") or None,
        "ssl": parts.scheme == "rediss",
        "protocol": 2,
        "socket_connect_timeout": ANSWER,
        "socket_timeout": PATIENCE,
    }


@contextmanager
def _errors(url: str) -> Iterator[None]:
    try:
        yield
    except (RedisError, RedisClusterException, ValueError) as error:  # ValueError: what lies there is no number
        raise Unavailable(f"tally at {without_secrets(url)}") from error
