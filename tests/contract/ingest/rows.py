"""Bad HTTP, B-01 to B-35. Where there is room for a good vote it is hidden there, to be missed in the log."""

from typing import NamedTuple

from contract.ingest.wire import ROUTE, VOTE, get, post

HEAD = b"POST " + ROUTE + b" HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (len(VOTE), VOTE)
LENGTH = b"Content-Length: %d\r\n" % len(VOTE)
END = b"0\r\n\r\n"
BAD, NONE = frozenset([400]), frozenset([None])


class Row(NamedTuple):
    """What is sent, the statuses that are right for it, and whether the connection goes on afterwards."""

    name: str
    raw: bytes
    wanted: frozenset[int | None] = BAD
    stays: bool = False


def only(*statuses: int) -> frozenset[int | None]:
    """These statuses."""
    return frozenset(statuses)


def line(first: bytes, *headers: bytes) -> bytes:
    """A head of its own request line."""
    return b"\r\n".join([first, *headers, b"", b""])


ROWS = (
    Row("B-01 length and chunked", HEAD + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n" + END + post()),
    Row("B-01 chunked and length", CHUNKED[:-2] + LENGTH + b"\r\n" + CHUNK + END),
    Row("B-02 two lengths", HEAD + LENGTH + b"Content-Length: 3\r\n\r\n" + VOTE),
    Row("B-03 the same length twice", HEAD + LENGTH + LENGTH + b"\r\n" + VOTE),
    Row("B-04 length with a plus", post(Content_Length=f"+{len(VOTE)}")),
    Row("B-04 length below zero", post(Content_Length="-1")),
    Row("B-04 length with an underscore", post(Content_Length="7_7")),
    Row("B-05 length of 20 digits", post(Content_Length="9" * 20), only(413)),
    Row("B-06 xchunked", HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNK + END, only(400, 501)),
    Row("B-06 chunked, identity", HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNK + END, only(400, 501)),
    Row("B-06 gzip, chunked", HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNK + END, only(400, 501)),
    Row("B-06 chunked behind a tab", HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNK + END, only(400, 501)),
    Row("B-06 blank before the colon", HEAD + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNK + END, only(400, 501)),
    Row("B-07 garbage after a chunk", CHUNKED + CHUNK[:-2] + b"XX" + END),
    Row("B-08 endless chunk extension", CHUNKED + CHUNK.replace(b"\r\n", b";" + b"x" * 1_000_000, 1), only(413)),
    Row("B-09 chunk size in C's way", CHUNKED + b"0x" + CHUNK + END),
    Row("B-10 chunk lines end in LF", CHUNKED + (CHUNK + END).replace(b"\r\n", b"\n"), only(400, 408)),
    Row("B-11 header lines end in LF", post().replace(b"\r\n", b"\n")),
    Row("B-12 folded header", post(X_A="1\r\n folded")),
    Row("B-13 no Host", post(Host="")),
    Row("B-13 two Hosts", HEAD + b"Host: b\r\n" + LENGTH + b"\r\n" + VOTE),
    Row("B-14 NUL in a header", post(X_A="a\0b")),
    Row("B-14 CR in a header", post(X_A="a\rb")),
    Row("B-15 absolute target", post(target="http://evil/grpc")),
    Row("B-16 dots in the path", get("/a/..%2f..%2fetc"), only(404), stays=True),
    Row("B-17 raw bytes in the path", line(b"GET /\xff\x01 HTTP/1.1", b"Host: a")),
    Row("B-18 method G@T", line(b"G@T / HTTP/1.1", b"Host: a")),
    Row("B-19 method BREW", post().replace(b"POST", b"BREW"), only(400, 405)),
    Row("B-19 method TRACE", line(b"TRACE " + ROUTE + b" HTTP/1.1", b"Host: a"), only(405), stays=True),
    Row("B-19 method CONNECT", line(b"CONNECT a:80 HTTP/1.1", b"Host: a") + post(), only(400, 405)),
    Row("B-19 method PUT", post().replace(b"POST", b"PUT"), only(405), stays=True),
    Row("B-20 HTTP/0.9", b"GET /healthz\r\n\r\n", NONE),
    Row("B-20 HTTP/0.9 in writing", post().replace(b"HTTP/1.1", b"HTTP/0.9"), NONE),
    Row("B-21 HTTP/1.0 and chunked", (CHUNKED + CHUNK + END).replace(b"HTTP/1.1", b"HTTP/1.0")),
    Row("B-22 HTTP/2.5", post().replace(b"HTTP/1.1", b"HTTP/2.5"), only(400, 505)),
    Row("B-22 HTTP/2.0", post(Connection="keep-alive").replace(b"HTTP/1.1", b"HTTP/2.0"), only(400, 505)),
    Row("B-24 target of 70 KB", get("/" + "a" * 70_000), only(414)),
    Row("B-25 header of 70 KB", post(X_A="a" * 70_000), only(431)),
    Row("B-25 headers of 17 KB", post(X_A="a" * 17_000), only(431)),
    Row("B-25 header without end", HEAD + b"X-A: " + b"a" * 1_000_000, only(431)),
    Row("B-26 5,000 headers", post(**{f"X{number}": "1" for number in range(5000)}), only(431)),
    Row("B-26 65 headers", post(**{f"X{number}": "1" for number in range(62)}), only(431)),
    Row("B-26 one header 70 times", HEAD + b"X: 1\r\n" * 70 + LENGTH + b"\r\n" + VOTE, only(431)),
    Row("B-27 TLS", bytes.fromhex("16030100a5010000a10303") + bytes(40)),
    Row("B-28 body of 10 MiB", post(b" " * 10_485_760), only(413)),
    Row("B-29 5 KB in chunks", CHUNKED + (b"400\r\n" + b" " * 1024 + b"\r\n") * 5 + CHUNK + END, only(413)),
    Row("B-29 endless chunks", CHUNKED + (b"400\r\n" + b" " * 1024 + b"\r\n") * 4096, only(413)),
    Row("B-29 chunks of one byte", CHUNKED + b"1\r\n \r\n" * 200_000, only(413)),
    Row("B-34 100-continue and too large", HEAD + b"Expect: 100-continue\r\nContent-Length: 99999\r\n\r\n", only(413)),
    Row("B-35 another expectation", post(Expect="foo"), only(417)),
)
