"""A service as a process: on one folder and one port, waited for, killed and started again by its pid."""

import os
import random
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, Signals
from typing import Generic, Protocol, Self, TypeVar

HOST = "127.0.0.1"
PORTS = 20_000, 32_000  # below those that Linux gives to clients
PATIENCE = 60.0  # seconds: a killed broker waits for its own old session, on a slow machine
LAST_WORDS = 10  # lines of a log that an error shows


class Missing(Exception):
    """A service that this machine cannot run, and what it lacks."""

    def __init__(self, service: str, lacks: str) -> None:
        super().__init__(f"{service}: {lacks}")
        self.service = service


class Failed(Exception):
    """A service that did not come up; the message ends with its log."""


class Running(Protocol):
    """One server, or some that work together."""

    @property
    def url(self) -> str:
        """The base of its URLs, without a slash at the end."""

    def start(self) -> Self:
        """Starts it, again on its data, and returns when it answers; what could not come up does not stay."""

    def kill(self) -> None:
        """SIGKILL: it has no last word; nothing when it does not run."""

    def stop(self) -> None:
        """SIGTERM, and waits for its end; nothing when it does not run."""


class Service(ABC):
    """One server: `start` after `kill` or `stop` finds the same data on the same port."""

    name: str
    scheme: str

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.log = folder / f"{self.name}.out"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """The base of its URLs, without a slash at the end."""
        return f"{self.scheme}://{self.address}"

    @property
    def pid(self) -> int:
        return self._launched().pid

    @abstractmethod
    def prepare(self) -> Sequence[str]:
        """The command that runs it on its folder, which is there; Missing when this machine cannot."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it can do its work now."""

    def launch(self) -> Self:
        """Starts it and does not wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self.prepare()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def await_up(self) -> Self:
        """Returns when it answers; Failed when it ended or did not answer in time."""
        deadline = time.monotonic() + PATIENCE
        while not (listens(self.port) and self.answers()):
            if (code := self._launched().poll()) is not None:
                raise Failed(f"{self.name} ended with {code}: {self.last_words()}")
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} did not answer at {self.address} in {PATIENCE} s: {self.last_words()}")
            time.sleep(0.02)
        return self

    def start(self) -> Self:
        """Starts it and returns when it answers; what could not come up does not stay."""
        try:
            return self.launch().await_up()
        except BaseException:
            self.kill()
            raise

    def signal(self, number: Signals) -> None:
        """Nothing when it has ended."""
        self._launched().send_signal(number)

    def pause(self) -> None:
        """SIGSTOP: its connections stay open and nobody answers, not even a thread that was quick."""
        self.signal(SIGSTOP)
        os.waitid(os.P_PID, self._launched().pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        self.signal(SIGCONT)

    def kill(self) -> None:
        """SIGKILL: it has no last word; nothing when it does not run."""
        self.tell_to_end(SIGKILL)
        self.await_end()

    def stop(self) -> None:
        """SIGTERM, and waits for its end; nothing when it does not run."""
        self.tell_to_end(SIGTERM)
        self.await_end()

    def tell_to_end(self, number: Signals) -> None:
        if self.process:
            self.process.send_signal(number)
            self.process.send_signal(SIGCONT)  # a paused one would not see a SIGTERM

    def await_end(self) -> None:
        if self.process:
            self.process.wait(PATIENCE)
            self.process = None

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_WORDS:])

    def _launched(self) -> subprocess.Popen[bytes]:
        if not self.process:
            raise Failed(f"{self.name} at {self.address} is not started")
        return self.process


Member = TypeVar("Member", bound=Service)


class Group(Generic[Member]):
    """Servers that are started side by side and stopped together; each may be killed on its own."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members

    @property
    def url(self) -> str:
        """The base of the URLs that name them all."""
        return f"{self.members[0].scheme}://{','.join(member.address for member in self.members)}"

    def start(self) -> Self:
        """Starts those that do not run and returns when all answer; when one cannot, none stays."""
        try:
            for member in self.members:
                if not member.process:
                    member.launch()
            for member in self.members:
                member.await_up()
            self.agree()
        except BaseException:
            self.kill()
            raise
        return self

    def agree(self) -> None:
        """Returns when they work together; servers that answer do, unless a kind of group knows better."""

    def kill(self) -> None:
        self._end(SIGKILL)

    def stop(self) -> None:
        self._end(SIGTERM)

    def _end(self, number: Signals) -> None:
        for member in self.members:
            member.tell_to_end(number)
        for member in self.members:
            member.await_end()


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at, and none that a client may be given for its own end while its server is down."""
    chosen: list[int] = []
    while len(chosen) < count:
        port = random.randrange(*PORTS)
        if port not in chosen and not listens(port):
            chosen.append(port)
    return chosen
