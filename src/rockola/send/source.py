"""The bytes of a vote file: the same at every reading or an error, unpacked, a chunk at a time."""

import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rockola.send.errors import WrongFile

CHUNK = 1 << 18  # bytes read at once
UNPACKED = 256 << 20  # bytes a gzip file may unpack to, unless another size is given
RATIO = 200  # bytes that a packed byte may become: votes for few bands reach 50, a bomb 1,000
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


class Source:
    """A regular file with the size it had when it was opened; what is appended later is not read."""

    def __init__(self, name: str, file: BinaryIO, limit: int | None) -> None:
        self.name, self._file, self._limit = name, file, limit
        self._size = os.fstat(file.fileno()).st_size
        self._sums: list[int] = []  # of each chunk, from the first reading
        if limit is not None and self._size > limit:
            raise WrongFile(f"is larger than {limit} bytes")

    def chunks(self) -> Iterator[bytes]:
        """The content, unpacked; WrongFile, before anything else is passed on, when it is not what it was before."""
        chunks = self._kept()
        first = next(chunks, b"")
        if first.startswith(ZIP):
            raise WrongFile("is a zip archive: unpack it first, or use gzip")
        rest = _chained(first, chunks)
        return unpacked(rest, self._limit or UNPACKED) if first.startswith(GZIP) else rest

    def close(self) -> None:
        """Frees the file."""
        self._file.close()

    def _kept(self) -> Iterator[bytes]:
        self._file.seek(0)
        for number, start in enumerate(range(0, self._size, CHUNK)):
            chunk = self._read(min(CHUNK, self._size - start))
            found = zlib.crc32(chunk)
            if number == len(self._sums):
                self._sums.append(found)
            if found != self._sums[number]:
                raise WrongFile("changed while it was sent")
            yield chunk

    def _read(self, size: int) -> bytes:
        try:
            chunk = self._file.read(size)
        except OSError as error:
            raise WrongFile(f"cannot be read: {error.strerror}") from error
        if len(chunk) < size:
            raise WrongFile("became shorter while it was read")
        return chunk


def open_source(path: str, limit: int | None = None) -> Source:
    """Opens a regular file, or what `-` (stdin) holds up to its end; WrongFile says why not."""
    name = "stdin" if path == "-" else path
    file = _spooled(limit) if path == "-" else _opened(path)
    try:
        return Source(name, file, limit)
    except WrongFile:
        file.close()
        raise


def unpacked(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The text of one gzip stream, at most `limit` bytes."""
    engine = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # the 16 asks for gzip
    taken = given = 0
    for chunk in chunks:
        taken += len(chunk)
        for text in _texts(engine, chunk):
            given += len(text)
            if given > min(limit, taken * RATIO):
                raise WrongFile(f"unpacks to more than {min(limit, taken * RATIO)} bytes: unpack it yourself")
            yield text
        if engine.unused_data:
            raise WrongFile("holds more than one gzip stream")
    if not engine.eof:
        raise WrongFile("ends in the middle of its gzip stream")


def _texts(engine: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    try:
        while text := engine.decompress(packed, CHUNK):
            yield text
            packed = engine.unconsumed_tail
    except zlib.error as error:
        raise WrongFile("is damaged: it cannot be unpacked") from error


def _chained(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks


def _opened(path: str) -> BinaryIO:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)  # a FIFO would wait for its writer
    except (OSError, ValueError) as error:
        raise WrongFile(f"cannot be opened: {getattr(error, 'strerror', error)}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise WrongFile("is not a regular file; `-` reads what is piped in")
    return os.fdopen(descriptor, "rb")


def _spooled(limit: int | None) -> BinaryIO:
    """Stdin in a file without a name, since it is read twice."""
    file = tempfile.TemporaryFile(dir=_roomy())  # noqa: SIM115 # who reads it closes it
    while chunk := sys.stdin.buffer.read(CHUNK):
        file.write(chunk)
        if limit is not None and file.tell() > limit:
            file.close()
            raise WrongFile(f"is larger than {limit} bytes")
    file.flush()
    return file


def _roomy() -> Path:
    """Where a large temporary file belongs: memory may be all there is behind /tmp."""
    large = Path("/var/tmp")  # noqa: S108 # the file has no name there
    return large if os.access(large, os.W_OK) else Path(tempfile.gettempdir())
