"""The processes that are measured: started on 127.0.0.1, asked what they cost, and ended by their id."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from rockola.rust import PROGRAM, find_door

PATIENCE = 60.0  # seconds for a process to be up, or to end
TICKS = os.sysconf("SC_CLK_TCK")
MODULE = (sys.executable, "-m", "rockola")
LISTENING = {
    "up": ("gateway", "server", "web", "metrics"),
    "gateway": ("gateway", "metrics"),
    "server": ("server", "metrics"),
    "consumer": ("metrics",),
    "web": ("web", "metrics"),
}


class Skipped(Exception):
    """What a part measures is not on this machine; the message names it."""


class Failed(Exception):
    """What was measured did not do what it must: a figure of it would mean nothing."""


@dataclass(frozen=True)
class Running:
    """A process that is up, its ports by part, and the route of a gateway's votes."""

    pid: int
    ports: dict[str, int]
    route: str = "/grpc"

    def url(self, part: str, path: str = "") -> str:
        """Where a part of it answers."""
        return f"http://127.0.0.1:{self.ports[part]}{path}"

    def cpu(self) -> float:
        """Processor seconds it had so far, all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> dict[str, float]:
        """MiB it holds now, and held at most."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return {
            name: round(int(re.findall(rf"{key}:\s+(\d+)", status)[0]) / 1024, 1)
            for name, key in (("rss_mib", "VmRSS"), ("peak_mib", "VmHWM"))
        }

    def metric(self, name: str) -> float:
        """A metric, its labels given with its name; 0 while it has none."""
        with urlopen(self.url("metrics", "/metrics")) as answer:  # noqa: S310 # of this machine
            found = re.findall(rf"^{re.escape(name)} (\S+)$", answer.read().decode(), re.MULTILINE)
        return float(found[0]) if found else 0.0


@contextmanager
def rockola(part: str, data: Path, *flags: str) -> Iterator[Running]:
    """A part of rockola, or `up`, on a data folder; stopped by SIGTERM at the end."""
    with _up(MODULE, part, data, flags) as (pid, ports):
        yield Running(pid, ports)


def rust_program() -> str:
    """What runs the doors in Rust; Skipped where they were not built."""
    if not (program := find_door()):
        raise Skipped(f"there is no {PROGRAM}, `make rust` builds it")
    return program


@contextmanager
def rust(part: str, data: Path, *flags: str) -> Iterator[Running]:
    """The gateway or the server in Rust."""
    with _up((rust_program(),), part, data, flags) as (pid, ports):
        yield Running(pid, ports, "/rust")


@contextmanager
def _up(program: Sequence[str], part: str, data: Path, flags: Sequence[str]) -> Iterator[tuple[int, dict[str, int]]]:
    ports = {name: free_port() for name in LISTENING[part]}
    listens = [f"--{name}-listen=127.0.0.1:{port}" for name, port in ports.items()]
    alone = ["--rust-listen="] if part == "up" else []
    with started((*program, part, "--data", str(data), *listens, *alone, *flags)) as process:
        for line in process.stdout or ():
            if line.startswith("rockola is up"):
                yield process.pid, ports
                return
        raise Failed(f"{program[-1]} {part} ended with {process.wait()}")


@contextmanager
def plain(data: Path, journal: str) -> Iterator[Running]:
    """The plain way, as one uvicorn worker on a data folder."""
    ports = {"gateway": free_port()}
    command = (sys.executable, "-m", "uvicorn", "plain:app", "--port", str(ports["gateway"]), "--log-level", "warning")
    env = {"PLAIN_DATABASE": str(data / "plain.db"), "PLAIN_JOURNAL": journal}
    with started(command, Path(__file__).parent, env) as process:
        until(lambda: answers(ports["gateway"]) or process.poll() is not None, "the plain way")
        yield Running(process.pid, ports)


@contextmanager
def started(
    command: Sequence[str], folder: Path | None = None, env: dict[str, str] | None = None
) -> "Iterator[subprocess.Popen[str]]":
    """A command as a process, ended with the block; Failed when it would not end well."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder, env=os.environ | (env or {}))
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        process.kill()
        code = process.wait()
        if process.stdout:
            process.stdout.close()
    if code not in {0, -15}:
        raise Failed(f"{command[2:4]} ended with {code}")


def require_success(*arguments: str) -> None:
    """Runs a rockola command; Failed with what it says when it exits other than 0."""
    done = subprocess.run((*MODULE, *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"rockola {arguments[0]} exits {done.returncode}: {done.stdout}{done.stderr}")


def until(holds: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Returns once `holds` does; Failed names what did not come."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not come within {seconds} s")
        time.sleep(0.005)


def answers(port: int) -> bool:
    """Whether something listens at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of this machine that nothing listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
