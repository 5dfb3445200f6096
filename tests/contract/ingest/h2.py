"""HTTP/2 by hand, for what a gRPC library would not send."""

from contextlib import suppress
from typing import NamedTuple

from contract.ingest.wire import Connection

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_HEADERS, END_STREAM, ACK = 4, 1, 1
MOST_STREAMS, FIRST_WINDOW = 3, 4  # settings
CALM = 11  # the error code ENHANCE_YOUR_CALM
PATIENCE = 5.0  # seconds until a missing frame is a failure


class Frame(NamedTuple):
    """One frame; of GOAWAY and RST_STREAM `error` is the code."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def error(self) -> int:
        """Why the stream or the connection ended."""
        return int.from_bytes(self.payload[4:8] if self.kind == GOAWAY else self.payload[:4])

    @property
    def settings(self) -> dict[int, int]:
        """What a SETTINGS frame says."""
        pairs = [self.payload[at : at + 6] for at in range(0, len(self.payload), 6)]
        return {int.from_bytes(pair[:2]): int.from_bytes(pair[2:]) for pair in pairs}


class H2(Connection):
    """A connection that has said hello."""

    patience = PATIENCE

    def __init__(self, address: str, settings: bytes = b"") -> None:
        super().__init__(address)
        self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def until(self, kind: int, stream: int = 0) -> Frame | None:
        """The next frame of a kind on a stream; None when the connection ended before."""
        with suppress(ConnectionResetError):
            while head := self._file.read(9):
                found = Frame(head[3], head[4], int.from_bytes(head[5:]), self._file.read(int.from_bytes(head[:3])))
                if (found.kind, found.stream) == (kind, stream):
                    return found
        return None


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame as it is sent."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def setting(name: int, value: int) -> bytes:
    """One line of a SETTINGS frame."""
    return name.to_bytes(2) + value.to_bytes(4)


def call(method: str, **more: str) -> bytes:
    """The header block of a call, written out plainly."""
    lines = {":method": "POST", ":scheme": "http", ":path": f"/rockola.v1.Ballot/{method}", ":authority": "a"}
    lines |= {"te": "trailers", "content-type": "application/grpc"}
    lines |= {name.replace("_", "-"): value for name, value in more.items()}
    return b"".join(literal(name.encode(), value.encode()) for name, value in lines.items())


def literal(name: bytes, value: bytes) -> bytes:
    """A header that is not indexed (RFC 7541, 6.2.2), each part shorter than 127 bytes."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def message(body: bytes) -> bytes:
    """A gRPC message, not compressed."""
    return b"\0" + len(body).to_bytes(4) + body
