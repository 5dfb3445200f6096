"""Locust as its user starts it: a process from an environment of its own, and what it says and exits with."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from books import Books, Kept
from running import Process, free_port, until
from services import missing

ROOT = Path(__file__).parents[1]
LOCUST = ROOT / ".venv" / "load" / "bin" / "locust"
OURS = ROOT / "load" / "locustfile.py"
LONGEST = 120.0  # seconds a run may take on a slow machine; each ends by itself much sooner


class Locust:
    """One run without a web page, whose output is kept in `folder`."""

    def __init__(self, folder: Path, *flags: str, file: Path = OURS, headless: bool = True, **env: str) -> None:
        if not LOCUST.exists():
            missing("locust", "locust: `make locust` installs it")
        self.said = folder / f"locust.{id(self)}.log"
        command = [str(LOCUST), "--locustfile", str(file), "--stop-timeout", "0", *flags]
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                [*command, *(["--headless"] if headless else [])],
                cwd=ROOT,
                env=os.environ | env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        """What it said so far."""
        return self.said.read_text()

    def children(self) -> list[int]:
        """Its workers, by their process ids."""
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def ended(self) -> int:
        """Its exit code, once it ends by itself."""
        return self.process.wait(LONGEST)

    def stop(self) -> int:
        """SIGTERM, as a supervisor sends it; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def await_said(self, words: str) -> None:
        """Returns once it said so."""
        until(lambda: words in self.text or self.process.poll() is not None, repr(words), LONGEST)
        assert words in self.text, self.text

    def close(self) -> None:
        """Kills it with its workers, if it is still there."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class System:
    """A `rockola up`, and the gateway in Rust in front of its server."""

    def __init__(self, data: Path, **env: str) -> None:
        self.up = Process(data, "up", **env)
        self._second = Process(data, "gateway", "--server", self.up.address("server"), kind="rust", **env)
        self.books = Books.embedded(data)

    @property
    def first(self) -> str:
        """The URL of the one door."""
        return self.up.url("gateway", "/grpc")

    @property
    def second(self) -> str:
        """The URL of the other door, which is started when it is asked for."""
        if self._second.process is None:
            self._second.start()
        return self._second.url("gateway", "/rust")

    @property
    def pages(self) -> list[str]:
        """The flags that tell where to ask what was counted."""
        return ["--pages", self.up.url("web")]

    def kept(self) -> list[Kept]:
        """Every record that is archived."""
        return list(self.books.kept().values())

    def close(self) -> None:
        """Kills the processes."""
        self._second.kill()
        self.up.kill()


@contextmanager
def system_on(data: Path, **env: str) -> Iterator[System]:
    """A system that is up, and ends with the block."""
    system = System(data, **env)
    try:
        system.up.start()
        yield system
    finally:
        system.close()


def workers(number: int) -> list[str]:
    """The flags of a run whose master has so many workers on this machine."""
    port = str(free_port())
    return [
        "--processes",
        str(number),
        "--master-bind-host=127.0.0.1",
        "--master-bind-port",
        port,
        "--master-port",
        port,
    ]
