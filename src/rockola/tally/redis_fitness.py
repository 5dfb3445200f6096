"""Whether a Redis server's settings hold the promise; of a cluster, whether those of each primary do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from redis import exceptions

from rockola.findings import Finding, Grade, finding
from rockola.tally.redis_server import Server
from rockola.vote.errors import Unavailable

OLDEST = 7  # of Redis, as Valkey tells it too: SET with NX and GET
VERSION = "Use Redis 7.0 or newer, or Valkey."
ROLE = "It is a replica: name its primary."
POLICY = "Set maxmemory-policy noeviction: another forgets ids that were counted."
AOF = (
    "Set appendonly yes. Where a restart may forget and the tally is then recounted, set allow_volatile (as an option "
    "of the URL: allow_volatile=true)."
)
FSYNC = "Set appendfsync everysec: with no, a power cut takes half a minute of counting back, which is then done again."
REPLICAS = "Set min-replicas-to-write 1: a replica that lags takes over with older counts, and they are counted again."
Told = Mapping[str, Any]  # of INFO and CONFIG GET


class Demand(NamedTuple):
    """What a setting must be; `of` finds it in what a server told, or None when it does not apply."""

    setting: str
    of: Callable[[Told], object]
    holds: Callable[[Any], bool]
    advice: str
    otherwise: Grade = Grade.BROKEN


def findings_of(server: Server) -> Sequence[Finding]:
    """The settings that are part of the promise; Unavailable when a server does not tell them, or a cluster is down."""
    with server.client() as client:
        told = {place: _told(one) for place, one in server.primaries().items()}
        if server.is_cluster and (state := client.cluster_info()["cluster_state"]) != "ok":
            raise Unavailable("tally") from exceptions.ClusterDownError(f"The cluster's state is {state}.")
    return list(_findings(told, Grade.RISKY if server.allows_volatile else Grade.BROKEN))


def _demands(volatile: Grade) -> Sequence[Demand]:
    return (
        Demand("version", _version, lambda found: _major(found) >= OLDEST, VERSION),
        Demand("role", lambda told: told["role"], lambda found: found == "master", ROLE),
        Demand("maxmemory-policy", lambda told: told["maxmemory_policy"], lambda found: found == "noeviction", POLICY),
        Demand("appendonly", _append_only, lambda found: found == "yes", AOF, volatile),
        Demand("appendfsync", _fsync, lambda found: found != "no", FSYNC, Grade.RISKY),
        Demand("min-replicas-to-write", _replicas, lambda found: found != "0", REPLICAS, Grade.RISKY),
    )


def _findings(told: Mapping[str, Told], volatile: Grade) -> Iterator[Finding]:
    for setting, of, holds, advice, otherwise in _demands(volatile):
        found = {place: value for place, one in told.items() if (value := of(one)) is not None}
        bad = [place for place in found if not holds(found[place])]
        if bad:
            where = f" at {', '.join(bad)}" if len(told) > 1 else ""
            yield finding(setting, f"{found[bad[0]]}{where}", False, advice, otherwise)
        elif found:
            yield finding(setting, ", ".join(sorted({str(value) for value in found.values()})), True, advice)


def _told(client: Any) -> Told:
    told: dict[str, Any] = client.info()
    with suppress(exceptions.ResponseError):  # CONFIG is not for everybody: what it alone tells is then left out
        told.update(client.config_get("appendfsync", "min-replicas-to-write"))
    return told


def _version(told: Told) -> str:
    own = told.get("valkey_version")
    return f"{told['redis_version']}" + (f" (Valkey {own})" if own else "")


def _major(version: str) -> int:
    return int(version.split(".", 1)[0])


def _append_only(told: Told) -> str:
    return "yes" if told["aof_enabled"] else "no"


def _fsync(told: Told) -> object:
    return told.get("appendfsync") if told["aof_enabled"] else None


def _replicas(told: Told) -> object:
    return told.get("min-replicas-to-write") if told["connected_slaves"] else None
