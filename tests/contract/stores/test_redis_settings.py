"""The settings of a Redis or Valkey server, or of a cluster's, that are part of the promise."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from structlog.testing import capture_logs

from rockola.findings import Grade
from rockola.opening import examine, open_tally
from rockola.tally.redis_server import Server
from rockola.vote.errors import Unfit
from running import until
from services import Own


def told(url: str, grade: Grade) -> list[tuple[str, str]]:
    """What is found of this grade."""
    return [(setting, found) for setting, found, graded, _ in examine("tally", url) if graded is grade]


def test_a_server_as_it_should_be_is_good(own_redis: Callable[..., Any]) -> None:
    settings = ["version", "role", "maxmemory-policy", "appendonly", "appendfsync"]
    assert [setting for setting, _ in told(own_redis().url, Grade.GOOD)] == settings


def test_a_server_that_evicts_is_refused(own_redis: Callable[..., Any]) -> None:
    with pytest.raises(
        Unfit, match=r"^The tally at redis://127\S+: maxmemory-policy is allkeys-lru\. Set maxmemory-policy"
    ):
        open_tally(own_redis(maxmemory_policy="allkeys-lru").url)


def test_a_server_that_forgets_on_a_restart_is_refused(own_redis: Callable[..., Any]) -> None:
    with pytest.raises(Unfit, match=r"appendonly is no\. Set appendonly yes"):
        open_tally(own_redis(appendonly="no").url)


def test_a_server_that_may_forget_is_warned_of_at_each_start(own_redis: Callable[..., Any]) -> None:
    url = f"{own_redis(appendonly='no').url}/0?allow_volatile=true"
    for _ in range(2):
        with capture_logs() as logs:
            open_tally(url).close()
        assert [(line["event"], line["setting"], line["found"]) for line in logs] == [("risky", "appendonly", "no")]


def test_a_server_that_leaves_its_file_to_the_system_is_risky(own_redis: Callable[..., Any]) -> None:
    assert told(own_redis(appendfsync="no").url, Grade.RISKY) == [("appendfsync", "no")]


def test_a_replica_is_refused_and_its_primary_warned_of(own_redis: Callable[..., Any]) -> None:
    primary, replica = own_redis(), own_redis()
    with closing(Server(replica.url)) as server, server.client() as client:
        client.replicaof("127.0.0.1", primary.port)
    with pytest.raises(Unfit, match=r"role is slave\. It is a replica"):
        open_tally(replica.url)
    until(lambda: told(primary.url, Grade.RISKY), "the replica at its primary")
    assert told(primary.url, Grade.RISKY) == [("min-replicas-to-write", "0")]


def test_of_a_cluster_every_primary_is_examined(own: Own) -> None:
    cluster = own("cluster")
    assert not told(cluster.url, Grade.BROKEN)
    odd = cluster.members[2]
    with closing(Server(cluster.url)) as server:
        server.primaries()[odd.address].config_set("maxmemory-policy", "allkeys-lru")
    assert told(cluster.url, Grade.BROKEN) == [("maxmemory-policy", f"allkeys-lru at {odd.address}")]
