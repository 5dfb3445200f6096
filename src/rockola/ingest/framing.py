"""Where one HTTP/1.1 request ends and the next begins: bytes in, whole requests out, held to the limits of size."""

from collections.abc import Callable, Mapping
from enum import IntEnum

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from rockola.ingest import answers
from rockola.vote.body import LARGEST_VOTE

LONGEST_TARGET = 8192 - len("OPTIONS  HTTP/1.1")  # of a request line of 8 KB
LARGEST_HEAD = 16_384  # bytes of all header lines
MOST_HEADERS = 64
SMALLEST_CHUNKS = 8  # bytes on the wire for one of the body's: beyond it chunks are an attack
SINGLE = {
    b"host": answers.HOST,
    b"content-length": answers.MALFORMED,
    b"transfer-encoding": answers.MALFORMED,
    b"content-type": answers.REPEATED,
    b"expect": answers.REPEATED,
    b"idempotency-key": answers.REPEATED,
}
UNUSUAL = frozenset([b"connection", b"transfer-encoding", b"expect", b"upgrade"])

Headers = dict[bytes, bytes]
Take = Callable[[bytes, bytes, Headers, bytes], None]


class Stage(IntEnum):
    """What is being read."""

    BETWEEN = 0
    HEAD = 1
    BODY = 2


BETWEEN, HEAD, BODY = Stage


class Refused(Exception):
    """The bytes are no request that can be taken: `answer` (empty: none) is the last of the connection."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("refused")
        self.answer = answer


class Framing:
    """Gives `take` the method, target, headers (names in small letters) and body of every whole request, in order.

    `rooms` says how many bytes a body may have, by target. `keep` is whether the connection outlives the last
    request, `expects` whether its client waits for 100 Continue; `begun` counts requests.
    """

    def __init__(self, rooms: Mapping[bytes, int], take: Take) -> None:
        self._rooms, self._take = rooms, take
        self._parser = HttpRequestParser(self)
        self._again = False
        self._fed = 0
        self.stage = BETWEEN
        self.begun = 0
        self.keep = True
        self.expects = False

    def feed(self, data: bytes) -> None:
        """Reads on; Refused when there is no reading on."""
        half_read = self.stage and self.begun
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._ignore(upgrade, memoryview(data))
        except HttpParserError as error:
            self._refuse(error)
        if half_read and self.stage and self.begun == half_read:
            self._bound(len(data))

    def close(self) -> None:
        """Lets go of the parser, which holds on to this."""
        del self._parser

    def _bound(self, more: int) -> None:
        """Bounds what no callback sees of a request: a header without an end, chunks of one byte, their extensions."""
        self._fed += more
        if self.stage is HEAD and self._fed > LONGEST_TARGET + LARGEST_HEAD:
            raise Refused(answers.HEADERS)
        if self._fed > LONGEST_TARGET + LARGEST_HEAD + SMALLEST_CHUNKS * self._room:
            raise Refused(answers.LARGE)

    def _ignore(self, upgrade: HttpParserUpgrade | None, data: memoryview) -> None:
        """Reads on by a new parser, from the same head without its wish: after the wish llhttp reads no body."""
        while upgrade is not None:
            data = data[upgrade.args[0] :]
            head, self._parser, upgrade = self._head_again(), HttpRequestParser(self), None
            try:
                self._parser.feed_data(head)
                self._parser.feed_data(data)
            except HttpParserUpgrade as another:
                upgrade = another
            except HttpParserError as error:
                self._refuse(error)

    def _head_again(self) -> bytes:
        if not self._again:  # CONNECT
            raise Refused(answers.MALFORMED)
        lines = [b"%b: %b\r\n" % line for line in self._headers.items() if line[0] != b"upgrade"]
        return b"%b %b HTTP/1.1\r\n%b\r\n" % (self._parser.get_method(), self._target, b"".join(lines))

    def _refuse(self, error: HttpParserError) -> None:
        """Raises the refusal that a parser's error stands for."""
        if isinstance(error, HttpParserCallbackError):
            raise error.__context__ or error from None
        if self.keep or self.stage:  # otherwise it follows the last request, and is nobody's
            large = "Content-Length overflow" in str(error)
            raise Refused(answers.LARGE if large else answers.MALFORMED) from error

    def on_message_begin(self) -> None:
        """Called by the parser, as are all that follow."""
        self.stage = HEAD
        self.begun += 1
        self._target = b""
        self._body: bytes | bytearray = b""
        self._headers: Headers = {}
        self._size = self._repeats = self._fed = self._room = 0
        self._again = self.expects = False

    def on_url(self, piece: bytes) -> None:
        """A piece of the target."""
        self._target += piece
        if len(self._target) > LONGEST_TARGET:
            raise Refused(answers.LONG_TARGET)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; a trailer is dropped."""
        if self.stage is BODY:
            return
        name = name.lower()
        headers = self._headers
        self._size += len(name) + len(value) + 4
        if name in headers or len(headers) == MOST_HEADERS or self._size > LARGEST_HEAD:
            self._add_unusual(name, value)
        else:
            headers[name] = value

    def _add_unusual(self, name: bytes, value: bytes) -> None:
        """A header that is there already, or one too many."""
        self._repeats += 1
        if len(self._headers) + self._repeats > MOST_HEADERS or self._size > LARGEST_HEAD:
            raise Refused(answers.HEADERS)
        if name in SINGLE:
            raise Refused(SINGLE[name])
        self._headers[name] += b", " + value

    def on_headers_complete(self) -> None:
        """Decides from the head whether the body is worth reading."""
        headers = self._headers
        self.keep = self._parser.should_keep_alive()
        if not self.keep or not UNUSUAL.isdisjoint(headers):
            self._look_closely()
        if b"host" not in headers:
            raise Refused(answers.HOST)
        if not self._target.startswith(b"/"):
            raise Refused(answers.MALFORMED)
        self._room = self._rooms.get(self._target.partition(b"?")[0], LARGEST_VOTE)
        if int(headers.get(b"content-length", 0)) > self._room:
            raise Refused(answers.LARGE)
        self.stage = BODY

    def _look_closely(self) -> None:
        """Version, coding, expectation and upgrade: what few requests bring, and smuggling needs."""
        headers, version = self._headers, self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise Refused(b"" if version == "0.9" else answers.VERSION)
        coding = headers.get(b"transfer-encoding", b"chunked").strip().lower()
        if coding != b"chunked" or (b"transfer-encoding" in headers and version == "1.0"):
            raise Refused(answers.MALFORMED)
        self.expects = b"expect" in headers and version == "1.1"
        if headers.get(b"expect", b"100-continue").lower() != b"100-continue":
            raise Refused(answers.EXPECTATION)
        self._again = b"upgrade" in headers and self._parser.should_upgrade()

    def on_body(self, piece: bytes) -> None:
        """A piece of the body, most often all of it."""
        if not self._body:
            self._body = piece
        elif isinstance(self._body, bytearray):
            self._body += piece
        else:
            self._body = bytearray(self._body + piece)  # a hundred thousand chunks are not copied over and over
        if len(self._body) > self._room:
            raise Refused(answers.LARGE)

    def on_message_complete(self) -> None:
        """Hands the request on."""
        if self._again:
            return
        self.stage = BETWEEN
        self.expects = False
        self._take(self._parser.get_method(), self._target, self._headers, bytes(self._body))
