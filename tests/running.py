"""rockola as its user starts it: the command as a process, found by the addresses it prints."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rockola.rust import find_door
from services import missing

PATIENCE = 30.0  # seconds: these machines are slow and shared
LISTENING = {
    "up": ("gateway", "server", "web", "metrics"),
    "gateway": ("gateway", "metrics"),
    "server": ("server", "metrics"),
    "consumer": ("metrics",),
    "web": ("web", "metrics"),
}
WITHOUT = {"up": ["--rust-listen="]}  # unless a test says otherwise


def until(holds: Callable[[], object], what: str, seconds: float = PATIENCE) -> object:
    """What `holds` gives once it is true; AssertionError names what did not come."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        time.sleep(0.02)
    return found


def have_counted(consumers: Sequence["Process"], votes: int) -> bool:
    """Whether each counted more; whoever is ahead stands still for a moment, or it may be ahead of a rival for ever."""
    counted = {one: one.metric("rockola_judged_total") for one in consumers}
    ahead = max(counted, key=lambda one: counted[one])
    ahead.signal(signal.SIGSTOP)
    time.sleep(0.2)
    ahead.signal(signal.SIGCONT)
    return min(counted.values()) > votes


def weight(pid: int) -> int:
    """A process's memory in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def program(kind: str) -> list[str]:
    """What runs rockola's parts in Python, or its doors in Rust; the test is skipped where these were not built."""
    if kind == "python":
        return [sys.executable, "-m", "rockola"]
    return [find_door() or missing("rust", "rust: there is no rockola-door, `make rust` builds it")]


class Process:
    """One `rockola` process on one data folder; it listens at the same ports each time it is started."""

    def __init__(self, data: Path, command: str = "up", *flags: str, kind: str = "python", **env: str) -> None:
        self.data, self.command, self.flags, self.env = data, command, flags, env
        self.program = program(kind)
        self.ports = {part: free_port() for part in LISTENING[command]}
        self.errors = data.parent / f"{data.name}.{command}.{id(self)}.err"
        self.process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def url(self, part: str, path: str = "") -> str:
        """Where a part of it answers."""
        return f"http://{self.address(part)}{path}"

    def address(self, part: str) -> str:
        return f"127.0.0.1:{self.ports[part]}"

    def launch(self, **env: str) -> "Process":
        """Starts it and does not wait."""
        listens = [f"--{part}-listen=127.0.0.1:{port}" for part, port in self.ports.items()]
        command = [
            *self.program,
            self.command,
            "--data",
            str(self.data),
            *listens,
            *WITHOUT.get(self.command, []),
            *self.flags,
        ]
        with self.errors.open("a") as errors:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | self.env | env
            )
        return self

    def start(self, **env: str) -> "Process":
        """Starts it and returns when it says that it is up."""
        self.launch(**env).await_up()
        return self

    def await_up(self) -> None:
        assert self.process
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("rockola is up"):
                return
        raise AssertionError(f"rockola {self.command} ended with {self._end()}: {self.errors.read_text()}")

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL: it has no last word; nothing when it was never started."""
        if self.process:
            self.process.kill()
            self._end()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.terminate()
        return self._end()

    def terminate(self) -> None:
        """SIGTERM, and does not wait."""
        assert self.process
        self.process.terminate()

    def ended(self) -> int:
        """Its exit code once it ends by itself."""
        assert self.process
        until(lambda: self.process and self.process.poll() is not None, "the end of the process")
        return self._end()

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        text = fetch(self.address("metrics"), "/metrics")
        return sum(float(found) for found in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))

    def _end(self) -> int:
        assert self.process
        code = self.process.wait(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        return code


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A `rockola` command to its end."""
    command = [sys.executable, "-m", "rockola", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env, timeout=120, check=False)


def fetch(address: str, path: str) -> str:
    """The body of a GET; the connection is not kept."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" in head:
        body = unchunked(body)
    return body.decode()


def unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return whole


def free_port() -> int:
    """A port that nothing listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
