"""Single votes and batches over HTTP, each acknowledged when durable: rockola's door, and the plain way's beside it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

from figures import Figure, middle
from generator import NDJSON, Load, closed_loop, single_votes, vote
from processes import Failed, Running, plain, require_success, rockola, until

CONNECTIONS = (64, 256)
ROUNDS = 3  # of each figure that is compared, alternating, so that a slow minute of the machine is shared
BATCH, BATCH_CONNECTIONS = 500, 8
COUNTED = "SELECT coalesce(sum(position), 0) FROM positions"
RECORDED = "SELECT count(*) FROM records"
KEPT = "SELECT count(*) FROM votes"
ACCEPTED = 'rockola_answers_total{code="202"}'
Fresh = Callable[[], Path]


def embedded(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """Votes a second over 64 and 256 connections, and with other ids."""
    yield from (middle([embedded_once(fresh(), n, seconds) for _ in range(ROUNDS)]) for n in CONNECTIONS)
    yield from (embedded_once(fresh(), 64, seconds, ids) for ids in ("uuid", "none"))


def plainly(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """The same load against the plain way, with SQLite's default journal and with its write-ahead log."""
    for journal in ("delete", "wal"):
        yield from (middle([plain_once(fresh(), n, seconds, journal) for _ in range(ROUNDS)]) for n in CONNECTIONS)


def compared(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """Both, by turns."""
    for connections in CONNECTIONS:
        runs = [
            (
                plain_once(fresh(), connections, seconds, "delete"),
                embedded_once(fresh(), connections, seconds),
                plain_once(fresh(), connections, seconds, "wal"),
            )
            for _ in range(ROUNDS)
        ]
        yield from map(middle, zip(*runs, strict=True))
    yield from (embedded_once(fresh(), 64, seconds, ids) for ids in ("uuid", "none"))


def embedded_once(data: Path, connections: int, seconds: float, ids: str = "own") -> Figure:
    """One run on a fresh folder: the load, the tally catching up, the log compared, and `rockola verify`."""
    with rockola("up", data) as running:
        load, share = loaded(running, connections, seconds, ids)
        behind = caught_up(data)
        recorded = number(data / "log.db", RECORDED)
        until(lambda: running.metric(ACCEPTED) == recorded, "a 202 for each record")
        memory = running.memory()
    require_success("verify", "--data", str(data))
    require_all(load, connections, recorded)
    kind = "" if ids == "own" else f"{ids}_ids_"
    details = {**shown(load, share), "recorded": recorded, "caught_up_after_s": behind, "verify": "exit 0", **memory}
    return Figure(f"embedded_{kind}{connections}", round(load.acknowledged / load.seconds), "votes/s", details)


def plain_once(data: Path, connections: int, seconds: float, journal: str) -> Figure:
    """One run of the plain way on a fresh folder."""
    with plain(data, journal) as running:
        load, share = loaded(running, connections, seconds, "own")
    recorded = number(data / "plain.db", KEPT)
    require_all(load, connections, recorded)
    kind = "" if journal == "delete" else f"{journal}_"
    details = {**shown(load, share), "recorded": recorded}
    return Figure(f"plain_{kind}{connections}", round(load.acknowledged / load.seconds), "votes/s", details)


def batches(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """Votes a second in NDJSON batches."""
    data, numbers = fresh(), count()

    def body() -> tuple[int, bytes]:
        return BATCH, b"\n".join([vote(next(numbers)) for _ in range(BATCH)])

    with rockola("up", data) as running:
        spent = running.cpu()
        load = closed_loop(running.url("gateway", "/grpc/votes"), NDJSON, BATCH_CONNECTIONS, seconds, body)
        share = (running.cpu() - spent) / load.seconds
        behind = caught_up(data)
    require_success("verify", "--data", str(data))
    require_all(load, 0, number(data / "log.db", RECORDED))
    details = {**shown(load, share), "batch": BATCH, "caught_up_after_s": behind, "verify": "exit 0"}
    yield Figure("batches", round(load.acknowledged / load.seconds), "votes/s", details)


def loaded(running: Running, connections: int, seconds: float, ids: str) -> tuple[Load, float]:
    """A load on a process that is up, and the processor's share that the process had."""
    spent = running.cpu()
    load = single_votes(running.url("gateway", "/grpc"), connections, seconds, ids)
    return load, (running.cpu() - spent) / load.seconds


def caught_up(data: Path) -> float:
    """Seconds until the tally holds every record of the log."""
    began = time.monotonic()
    until(lambda: number(data / "tally.db", COUNTED) == number(data / "log.db", RECORDED), "the count of every vote")
    return round(time.monotonic() - began, 2)


def require_all(load: Load, under_way: int, recorded: int) -> None:
    """Failed unless each vote was acknowledged and is in the log, and the log has no more than were sent.

    wrk leaves at the end without the last answer of each connection.
    """
    if load.other or not load.acknowledged <= recorded <= load.acknowledged + under_way:
        raise Failed(f"{load.acknowledged} acknowledged, {load.other} answered otherwise, {recorded} recorded")


def shown(load: Load, share: float) -> dict[str, object]:
    """What belongs beside a rate."""
    return {
        "generator": load.generator,
        "acknowledged": load.acknowledged,
        "p50_ms": round(load.p50_ms, 2),
        "p99_ms": round(load.p99_ms, 2),
        "cpu": round(share, 2),
        "generator_cpu": round(load.cpu / load.seconds, 2),
    }


def number(database: Path, question: str) -> int:
    """A number out of a SQLite file."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute(question).fetchone()[0])
