"""The bytes of HTTP answers; an error is a problem (RFC 9457) that says what to change and echoes nothing."""

from functools import lru_cache
from http import HTTPStatus

import msgspec

from rockola.vote.errors import InvalidVote, MalformedVote

JSON, PROBLEM = "application/json", "application/problem+json"
RETRY = (("Retry-After", "1"),)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def answer(status: int, body: str, media: str = JSON, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """A whole answer; `body` is of the media type."""
    more = "".join([f"{name}: {value}\r\n" for name, value in headers])
    written = body.encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {media}\r\nContent-Length: {len(written)}\r\n"
    )
    return (head + more + "\r\n").encode() + written


def problem(
    status: int, code: str, detail: str = "", field: str = "", headers: tuple[tuple[str, str], ...] = ()
) -> bytes:
    """The answer for an error; `detail` and `field` are left out when empty."""
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    told |= {key: text for key, text in (("field", field), ("detail", detail)) if text}
    return answer(status, msgspec.json.encode(told).decode(), PROBLEM, headers)


@lru_cache(maxsize=256)  # a wrong client repeats itself
def _refusal(status: int, code: str, reason: str, field: str) -> bytes:
    return problem(status, code, reason, field)


def refusal(error: InvalidVote | MalformedVote) -> bytes:
    """The answer for a vote that never reached the log."""
    if isinstance(error, MalformedVote):
        return _refusal(400, error.code, error.reason, "")
    return _refusal(422, error.code, error.reason, error.field)


def ending(answer: bytes) -> bytes:
    """The same answer, telling that the connection ends with it."""
    return answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)


def head_of(answer: bytes) -> bytes:
    """The same answer as HEAD gets it."""
    return answer[: answer.index(b"\r\n\r\n") + 4]


MALFORMED = problem(400, "bad_request", "this is not HTTP/1.1 as RFC 9112 has it")
HOST = problem(400, "bad_host", "there must be one Host header, and it must be a host")
REPEATED = problem(400, "repeated_header", "a header that may be there once is there twice")
NOT_FOUND = problem(404, "not_found")
LATE = problem(408, "too_slow", "the request did not arrive in time")
LENGTH = problem(411, "length_required", "Content-Length is missing")
LARGE = problem(413, "too_large", "the body is longer than this route takes")
LONG_TARGET = problem(414, "target_too_long")
MEDIA = problem(415, "media_type", "the body must be application/json in UTF-8, not compressed")
EXPECTATION = problem(417, "expectation", "100-continue is the only expectation")
MISDIRECTED = problem(421, "misdirected", "this gateway does not answer for that host")
LIMITED = problem(429, "too_many_connections", "this address holds as many connections as it may", headers=RETRY)
HEADERS = problem(431, "headers_too_large", "at most 64 headers and 16 KB of them")
FAILED = problem(500, "internal")
FULL = problem(503, "busy", "as many connections as can be held", headers=RETRY)
BUSY = problem(503, "busy", "the vote was not taken in: send it again", headers=RETRY)
DRAINING = problem(503, "draining", "this gateway is stopping: send the vote again", headers=RETRY)
AWAY = problem(503, "unavailable", "the server is away and the vote was not taken in: send it again", headers=RETRY)
UNKNOWN = problem(503, "unknown", "the vote may have been taken in: send it again with the same id", headers=RETRY)
VERSION = problem(505, "http_version")
