"""Closed-loop load: wrk, or a sender of our own where there is no wrk; both end by themselves."""

import asyncio
import json
import os
import shutil
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import uvloop

from rockola.send.client import Client, read_address

SCRIPT = Path(__file__).with_name("votes.lua")
PATIENCE = "15s"  # for an answer: a door gives one within 12
VOTE = b'{"name":"Bohemia Suburbana","album":"%s","year":1997,"rank":%d.%d%s}'
ALBUMS = (b"Mis palabras", b"Animales", b"Guerra de silencio", b"Bajo el sol")
JSON, NDJSON = "application/json", "application/x-ndjson"


@dataclass(frozen=True)
class Load:
    """How a load went: votes answered 202 and others, latency in milliseconds, processor seconds of the generator."""

    generator: str
    acknowledged: int
    other: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu: float


def single_votes(url: str, connections: int, seconds: float, ids: str) -> Load:
    """As many single votes as `connections` carry, each with an id of its own: `own` in order, `uuid`, or `none`."""
    if shutil.which("wrk"):
        return _wrk(url, connections, seconds, ids)
    numbers = count()
    return closed_loop(url, JSON, connections, seconds, lambda: (1, vote(next(numbers), ids)))


def closed_loop(url: str, media: str, connections: int, seconds: float, body: Callable[[], tuple[int, bytes]]) -> Load:
    """Sends bodies, each with its number of votes, over connections that wait for their answer."""
    acknowledged, latencies, ended = Counter[bool](), list[float](), time.monotonic() + seconds
    began, spent = time.monotonic(), time.process_time()

    async def work() -> None:
        client = Client(read_address(url))
        while time.monotonic() < ended:
            votes, content = body()
            sent = time.monotonic()
            status = (await client.post("", media, content)).status
            latencies.append(time.monotonic() - sent)
            acknowledged[status == 202] += votes
        client.close()

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(work())

    uvloop.run(main())
    took, spent = time.monotonic() - began, time.process_time() - spent
    p50, p99 = percentile(latencies, 50), percentile(latencies, 99)
    return Load("asyncio", acknowledged[True], acknowledged[False], took, p50, p99, spent)


def vote(number: int, ids: str = "own") -> bytes:
    """The body of a vote."""
    made = {"own": lambda: b',"id":"bench-0-%d"' % number, "uuid": lambda: b',"id":"%s"' % str(uuid.uuid4()).encode()}
    return VOTE % (ALBUMS[number % 4], number % 10, number % 7, made.get(ids, bytes)())


def percentile(seconds: list[float], part: float) -> float:
    """A percentile in milliseconds."""
    ranked = sorted(seconds)
    return round(ranked[min(len(ranked) - 1, int(len(ranked) * part / 100))] * 1000, 2)


def _wrk(url: str, connections: int, seconds: float, ids: str) -> Load:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", PATIENCE]
    process = subprocess.Popen([*command, "-s", str(SCRIPT), url, "--", ids], stdout=subprocess.PIPE, text=True)
    assert process.stdout  # noqa: S101 # a pipe was asked for
    told = process.stdout.read().splitlines()[-1]
    process.stdout.close()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    found = json.loads(told)
    other = found["refused"] + found["broken"]
    acknowledged, cpu = found["answered"] - found["refused"], usage.ru_utime + usage.ru_stime
    return Load("wrk", acknowledged, other, found["seconds"], found["p50_ms"], found["p99_ms"], cpu)
