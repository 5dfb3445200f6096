"""A client that sends any bytes, and reads HTTP answers strictly."""

import json
import socket
import time
from contextlib import suppress
from select import select
from types import TracebackType
from typing import Any, NamedTuple, Self

VOTE = b'{"name":"Bohemia Suburbana","album":"Mis palabras","year":1997,"rank":"9.5"}'
ROUTE = b"/ROUTE"  # stands for a door's own
PATIENCE = 15.0  # seconds until a missing answer is a failure
CLOSING = 3.0  # seconds until a connection that should end counts as open


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body, read."""
        return json.loads(self.body)


class Connection:
    """A socket that is closed at the end of its block."""

    patience = PATIENCE

    def __init__(self, address: str, source: str = "127.0.0.1") -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), self.patience, (source, 0))
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self._socket.close()

    def send(self, raw: bytes) -> None:
        """Sends it all, or as much as the other side will have."""
        with suppress(ConnectionResetError, BrokenPipeError):
            self._socket.sendall(raw)


class Wire(Connection):
    """A connection to a gateway; `/ROUTE` stands for its route."""

    def __init__(self, address: str, route: str, source: str = "127.0.0.1") -> None:
        super().__init__(address, source)
        self._route = route.encode()

    def send(self, raw: bytes) -> None:
        """See Connection."""
        super().send(raw.replace(ROUTE, self._route))

    def send_nothing_more(self) -> None:
        """Ends this side's half."""
        self._socket.shutdown(socket.SHUT_WR)

    def answer(self) -> Answer | None:
        """The next answer; None when the connection ended without one."""
        try:
            return self._read()
        except ConnectionResetError:
            return None

    def must_answer(self) -> Answer:
        """The next answer."""
        found = self.answer()
        assert found is not None, "the connection ended without an answer"
        return found

    def is_open(self, seconds: float = CLOSING) -> bool:
        """Whether a good vote is still answered here; waits for the end no longer than this."""
        self.send(post())
        self._socket.settimeout(seconds)
        try:
            return self.answer() is not None
        except TimeoutError:
            return True

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing arrives for so long; for a connection whose answers were all read."""
        return not select([self._socket], [], [], seconds)[0]

    def flood(self, raw: bytes, seconds: float) -> int:
        """Sends this over and over, reads nothing, and counts the bytes the other side took until it hung up."""
        sent, until = 0, time.monotonic() + seconds
        raw = raw.replace(ROUTE, self._route)
        twice = memoryview(raw + raw)
        self._socket.setblocking(False)
        with suppress(ConnectionResetError, BrokenPipeError):
            while time.monotonic() < until:
                if select([], [self._socket], [], 0.05)[1]:
                    sent += self._socket.send(twice[sent % len(raw) :])
        self._socket.settimeout(PATIENCE)
        return sent

    def is_cut_off(self) -> bool:
        """Whether the other side hung up before it sent all."""
        try:
            self._socket.sendall(b"\r\n")
        except (ConnectionResetError, BrokenPipeError):
            return True
        return False

    def is_cut_off_within(self, seconds: float) -> bool:
        """Whether the other side hangs up, whatever it says first."""
        self._socket.settimeout(seconds)
        try:
            while self._socket.recv(65536):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True

    def rest(self) -> bytes:
        """All bytes until the end."""
        return self._file.read()

    def _read(self) -> Answer | None:
        line = self._file.readline()
        if not line:
            return None
        version, status, _ = line.decode().split(" ", 2)
        assert version == "HTTP/1.1"
        headers: dict[str, str] = {}
        while (header := self._file.readline().decode()) != "\r\n":
            name, _, value = header.partition(": ")
            headers[name.lower()] = value.strip()
        return Answer(int(status), headers, self._file.read(int(headers.get("content-length", 0))))


def post(body: bytes | None = None, target: str = ROUTE.decode(), **headers: str) -> bytes:
    """A POST; `Content_Type=""` leaves a header out."""
    body = VOTE if body is None else body
    lines = {"Host": "a", "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"POST {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def get(target: str, *lines: str) -> bytes:
    """A GET with more header lines."""
    return "".join(f"{line}\r\n" for line in (f"GET {target} HTTP/1.1", "Host: a", *lines, "")).encode()
