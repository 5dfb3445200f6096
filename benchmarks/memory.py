"""What each process holds in memory: after its start, after a load, and while it sends a large file."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from doors import Fresh, caught_up
from figures import Figure
from generator import vote
from processes import MODULE, Failed, Running, require_success, rockola

ROWS = 1_000_000
LOOK = 0.02  # seconds between two looks at what a process holds
PARTS = ("server", "gateway", "consumer", "web")


def memory(fresh: Fresh, _: float) -> Iterator[Figure]:
    """MiB resident."""
    yield from alone(fresh())
    data = fresh()
    with rockola("up", data) as running:
        yield figure("up_started", running)
        rows = data / "votes.ndjson"
        with rows.open("wb") as file:
            file.writelines(vote(number, "none") + b"\n" for number in range(ROWS))
        yield sent(rows, running)
        behind = caught_up(data)
        yield figure("up_loaded", running, votes=ROWS, caught_up_after_s=behind)
    require_success("verify", "--data", str(data))


def alone(data: Path) -> Iterator[Figure]:
    """Each part as a process of its own."""
    with ExitStack() as stack:
        server = stack.enter_context(rockola("server", data))
        yield figure("server", server)
        behind = f"--server=127.0.0.1:{server.ports['server']}"
        for part in PARTS[1:]:
            flags = (behind,) if part == "gateway" else ()
            yield figure(part, stack.enter_context(rockola(part, data, *flags)))


def sent(rows: Path, running: Running) -> Figure:
    """`rockola send` of a file: its peak, and how fast it was."""
    began = time.monotonic()
    command = (*MODULE, "send", "--url", running.url("gateway", "/grpc"), "--batch", "500", str(rows))
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        with suppress(IndexError):  # it ended meanwhile, and holds nothing
            peak = Running(process.pid, {}).memory()["peak_mib"]  # wait4 would tell this process's, if that is larger
        time.sleep(LOOK)
    if process.returncode:
        raise Failed(f"rockola send exits {process.returncode}")
    seconds = round(time.monotonic() - began, 1)
    details = {"rows": ROWS, "seconds": seconds, "votes_per_second": round(ROWS / seconds)}
    return Figure("memory_send_peak", peak, "MiB", details)


def figure(name: str, running: Running, **details: object) -> Figure:
    """What a process holds now."""
    held = running.memory()
    return Figure(f"memory_{name}", held["rss_mib"], "MiB", {"peak_mib": held["peak_mib"], **details})
