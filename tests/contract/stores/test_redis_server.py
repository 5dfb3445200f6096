"""A Redis or Valkey server that is killed, stands still or takes no writes: nothing is counted twice, none is lost."""

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from building import albums, step, vote
from rediskeys import begun, held
from rockola.opening import open_tally
from rockola.tally import Applied
from rockola.tally.redis_server import TIMEOUT, Server
from rockola.vote.errors import Unavailable
from running import until
from services import Own

ASH = vote("Ash")


def test_a_cluster_that_lacks_a_node_is_away_and_goes_on_when_it_is_back(own: Own) -> None:
    cluster = own("cluster")
    with closing(begun(cluster.url)) as tally:
        for member in cluster.members:
            member.kill()
            until(lambda: is_away(lambda: open_tally(cluster.url).close()), "a cluster that is down")
            member.start()
            until(lambda: not is_away(tally.totals), "the cluster")
        until(lambda: not is_away(lambda: tally.apply(step(1, ASH))), "a step")
        assert albums(tally.totals().counts) == {"Ash": 2}


def is_away(call: Callable[[], object]) -> bool:
    try:
        call()
    except Unavailable:
        return True
    return False


def no_memory(_: Any, client: Any) -> None:
    client.config_set("maxmemory", 1)


def no_replicas(_: Any, client: Any) -> None:
    client.config_set("min-replicas-to-write", 1)


def became_a_replica(_: Any, client: Any) -> None:
    client.replicaof("127.0.0.1", 1)


def cannot_save(server: Any, client: Any) -> None:
    """As with a full disk."""
    client.config_set("save", "3600 1")
    shutil.rmtree(server.folder)
    client.bgsave()
    until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", "a failed save")


def restored(server: Any, client: Any) -> None:
    client.config_set("maxmemory", 0)
    client.config_set("min-replicas-to-write", 0)
    client.replicaof("NO", "ONE")
    client.config_set("save", "")


@pytest.mark.parametrize("trouble", [no_memory, no_replicas, became_a_replica, cannot_save])
def test_a_server_that_takes_no_writes_is_away_and_nothing_is_changed(
    own_redis: Callable[..., Any], trouble: Callable[[Any, Any], None]
) -> None:
    server = own_redis()
    with closing(begun(server.url)) as tally, closing(Server(server.url)) as seen, seen.client() as client:
        before = held(seen)
        trouble(server, client)
        with pytest.raises(Unavailable):
            tally.apply(step(1, ASH))
        with pytest.raises(Unavailable):
            tally.restore(1, 0, [])
        assert held(seen) == before
        restored(server, client)
        assert tally.apply(step(1, ASH)) == Applied(2)


def test_a_server_that_was_killed_comes_back_with_what_it_applied(own_redis: Callable[..., Any]) -> None:
    server = own_redis(appendfsync="always")
    with closing(begun(server.url)) as tally:
        for start in range(1, 50):
            tally.apply(step(start, vote("Ash", f"id-number-{start}")))
        before = tally.totals()
        server.kill()
        with pytest.raises(Unavailable):
            tally.apply(step(50, ASH))
        server.start()
        assert tally.totals() == before
        assert tally.apply(step(50, ASH)) == Applied(51)


def test_connections_that_were_cut_are_replaced_at_once(own_redis: Callable[..., Any]) -> None:
    url = own_redis().url
    with closing(begun(url)) as tally, closing(Server(url)) as server, server.client() as client:
        client.client_kill_filter(_type="normal", skipme=True)
        assert tally.apply(step(1, ASH)) == Applied(2)


def test_a_server_that_stands_still_is_away_in_time(own_redis: Callable[..., Any]) -> None:
    server = own_redis()
    with closing(begun(server.url)) as tally:
        server.pause()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            tally.totals()
        assert time.monotonic() - began < 2 * TIMEOUT
        server.resume()
        assert albums(tally.totals().counts) == {"Ash": 1}
