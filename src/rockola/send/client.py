"""A connection to a door: HTTP/1.1, kept alive, one request at a time."""

import asyncio
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

from rockola.send.answers import Answer

PATIENCE = 15.0  # seconds for an answer: a door gives one within 12
LARGEST_ANSWER = 1 << 20  # bytes; the outcomes of 1,000 votes are a quarter of it
PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """Where a door is."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_address(url: str) -> Address:
    """The address a URL names; ValueError when it names none."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.query:
        raise ValueError("a door's URL reads http://host:port/path")
    path = parts.path.rstrip("/") or ""
    if any(not "!" <= sign <= "~" for sign in path + parts.hostname):
        raise ValueError("a door's URL holds ASCII alone, others as %XX")
    return Address(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], path)


class Client:
    """Asks one door; connects when it has to."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: _Connection | None = None

    async def post(self, route: str, media: str, body: bytes) -> Answer:
        """The answer; OSError when there is none, and then the request may have been served all the same."""
        head = (
            f"POST {self._address.path + route or '/'} HTTP/1.1\r\nHost: {self._address.authority}\r\n"
            f"Content-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(PATIENCE):
                return await (await self._connected()).ask(head.encode() + body)
        except BaseException:  # also when cancelled: an answer that comes later belongs to no other request
            self.close()
            raise

    def close(self) -> None:
        """Ends the connection."""
        if self._connection:
            self._connection.close()
        self._connection = None

    async def _connected(self) -> "_Connection":
        if self._connection is None or not self._connection.usable:
            self.close()
            loop, (scheme, host, port, _) = asyncio.get_running_loop(), self._address
            tls = True if scheme == "https" else None
            _, self._connection = await loop.create_connection(_Connection, host, port, ssl=tls)
        return self._connection


class _Connection(asyncio.Protocol):
    """Sends a request and gathers its answer."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._body, self._wait = bytearray(), 0.0
        self.usable = True

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        self.usable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self.connection_lost(error)

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionError("the connection ended before the answer"))

    def on_message_begin(self) -> None:
        self._body, self._wait = bytearray(), 0.0

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after" and value.isdigit():
            self._wait = float(value)

    def on_body(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > LARGEST_ANSWER:
            self.connection_lost(None)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # 100 Continue: the answer is still to come
            return
        if self._answer is None or self._answer.done():  # nobody asked: what would the next answer be about?
            self.usable = False
            return
        self.usable = self.usable and self._parser.should_keep_alive()
        self._answer.set_result(Answer(status, self._wait, bytes(self._body)))
