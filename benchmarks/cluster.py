"""Votes through gateway, server, Kafka (acks=all), Valkey and the MongoDB-wire server, beside FastAPI with aiokafka
and beside the bare door; everything, the load too, on the same cores.

Where the processor's time goes, by `cpu_us_per_vote`: without an archive gateway, server and consumer have about equal
parts of it and the broker less. Most of what a vote of 64 connections costs is its batch: a batch costs the server some
0.8 ms and a vote of it 10 us, the gateway 0.4 ms and 20 us. So the gateway lets a small batch wait for those who were
answered just now, and 64 connections send one batch where they sent two. In batches of 500 no part stands out: the two
messages of gRPC are a third of the server's time, the reading of JSON a third of the gateway's. The search for cycles
is a twelfth of both, and must come often: grpc.aio holds a call that was aborted until it comes, and a hundred of them
leave a server no stream to give. Each part waits half of its time for the next, so messages of up to 1,000 votes gave a
quarter more than those of 512. With the archive, the MongoDB-wire server has more than everything of ours together.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count as numbered
from pathlib import Path
from typing import Any

from doors import BATCH, BATCH_CONNECTIONS, CONNECTIONS, ROUNDS, Fresh, require_all, shown
from estate import Count, Estate, Parts, bare, estate, parts, plain_kafka
from figures import Figure, middle
from generator import NDJSON, Load, closed_loop, single_votes, vote
from processes import Failed, Running, require_success, until

PATIENCE = 300.0  # seconds for the consumer: the MongoDB-wire server keeps some thousand votes a second
Whole = AbstractContextManager[tuple[Count, Parts]]
WARM = 2.0  # seconds of load before anything is measured: a cold broker halves every figure


def cluster(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """Everything by turns, so that a slow minute of the machine is shared."""
    with estate(fresh()) as servers:
        kafka_once(servers, fresh(), 64, WARM)
        plain_once(servers, 64, WARM)
        for connections in CONNECTIONS:
            runs = [
                (
                    plain_once(servers, connections, seconds),
                    kafka_once(servers, fresh(), connections, seconds),
                    kafka_once(servers, fresh(), connections, seconds, archived=False),
                    bare_once(connections, seconds),
                )
                for _ in range(ROUNDS)
            ]
            yield from map(middle, zip(*runs, strict=True))
        # with the archive on it would be measured, not the door
        yield batched("kafka_batches", servers, parts_of(servers, fresh(), archived=False), seconds)


def kafka_once(servers: Estate, data: Path, connections: int, seconds: float, archived: bool = True) -> Figure:
    """One run of the whole on a topic, a prefix and a database of its own."""
    name = f"kafka_{connections}" if archived else f"kafka_unarchived_{connections}"
    return singly(name, servers, parts_of(servers, data, archived=archived), connections, seconds)


@contextmanager
def parts_of(servers: Estate, data: Path, **options: Any) -> Iterator[tuple[Count, Parts]]:
    """Parts that are up, and their count, which has not begun."""
    count = servers.count()
    with parts(count, data, **options) as found:
        yield count, found


def singly(name: str, servers: Estate, whole: Whole, connections: int, seconds: float) -> Figure:
    """Single votes on parts of their own."""
    with whole as (count, found):
        load, spent = measured(servers, found, lambda url: single_votes(url, connections, seconds, "own"))
        behind, memory = caught_up(count), found.memory()
    require_all(load, connections, count.recorded())
    require_success("verify", f"--log={count.log}", f"--tally={count.tally}", "--log-only")
    details = {**told(load, spent), "cpu_us_per_vote": each(load, spent)}
    return rate(name, load, {**details, "caught_up_after_s": behind, "rss_mib": memory})


def plain_once(servers: Estate, connections: int, seconds: float) -> Figure:
    """One run of FastAPI with aiokafka."""
    with plain_kafka(servers) as running:
        load, spent = measured(
            servers, Parts({"gateway": running}), lambda u: single_votes(u, connections, seconds, "own")
        )
    return rate(f"fastapi_aiokafka_{connections}", load, told(load, spent))


def bare_once(connections: int, seconds: float) -> Figure:
    """One run of the door that appends nothing."""
    with bare() as running:
        began = running.cpu()
        load = single_votes(running.url("gateway", "/grpc"), connections, seconds, "own")
        spent = {"gateway": running.cpu() - began}
    return rate(f"bare_door_{connections}", load, {**told(load, spent), "cpu_us_per_vote": each(load, spent)})


def batched(name: str, servers: Estate, whole: Whole, seconds: float) -> Figure:
    """Votes in NDJSON batches, on parts of their own."""
    made = numbered()

    def body() -> tuple[int, bytes]:
        return BATCH, b"\n".join([vote(next(made)) for _ in range(BATCH)])

    with whole as (count, found):
        load, spent = measured(
            servers, found, lambda url: closed_loop(f"{url}/votes", NDJSON, BATCH_CONNECTIONS, seconds, body)
        )
        behind, memory = caught_up(count), found.memory()
    require_all(load, 0, count.recorded())
    details = {**told(load, spent), "cpu_us_per_vote": each(load, spent), "batch": BATCH}
    return rate(name, load, {**details, "caught_up_after_s": behind, "rss_mib": memory})


def rate(name: str, load: Load, details: dict[str, object]) -> Figure:
    """Votes a second."""
    return Figure(name, round(load.acknowledged / load.seconds), "votes/s", details)


def each(load: Load, spent: dict[str, float]) -> dict[str, float]:
    """Microseconds of processor that every part had for a vote."""
    return {part: round(used / load.acknowledged * 1e6, 1) for part, used in spent.items()}


def measured(servers: Estate, found: Parts, load: Callable[[str], Load]) -> tuple[Load, dict[str, float]]:
    """A load on the gateway, and the processor seconds that each part and server had meanwhile."""
    gateway: Running = found.running["gateway"]
    before = found.cpu() | servers.cpu()
    done = load(gateway.url("gateway", gateway.route))
    after = found.cpu() | servers.cpu()
    if done.other or not done.acknowledged:
        raise Failed(f"{done.acknowledged} acknowledged, {done.other} answered otherwise")
    return done, {name: after[name] - before[name] for name in after}


def told(load: Load, spent: dict[str, float]) -> dict[str, object]:
    """What belongs beside a rate; the processor's share of each part."""
    share = {name: round(used / load.seconds, 2) for name, used in spent.items()}
    return {**shown(load, sum(spent.values()) / load.seconds), "cpu_by_part": share}


def caught_up(count: Count) -> float:
    """Seconds until the tally holds every record of the log; those that were under way may still come."""
    began = time.monotonic()
    end = count.recorded()
    until(lambda: count.counted() >= end, "the count of every vote", PATIENCE)
    return round(time.monotonic() - began, 2)
