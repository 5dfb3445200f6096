"""Rows B-01 to B-35 over a raw socket: what is no request is refused, and nothing hidden in it reaches the log."""

import pytest

from contract.ingest.doors import Door
from contract.ingest.rows import CHUNK, CHUNKED, END, HEAD, ROWS, Row
from contract.ingest.wire import VOTE, Wire, get, post

UPGRADE = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
HALF = len(VOTE) // 2


def statuses(wire: Wire, number: int) -> list[int]:
    """Those of the next answers."""
    return [wire.must_answer().status for _ in range(number)]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_bad_request_appends_nothing(door: Door, row: Row) -> None:
    before = door.count()
    with door.wire() as wire:
        wire.send(row.raw)
        answer = wire.answer()
        stays = wire.is_open()
    status = answer and answer.status
    assert (status in row.wanted, stays, door.vote().status, door.count() - before) == (True, row.stays, 202, 1 + stays)


@pytest.mark.parametrize("row", [row for row in ROWS if None not in row.wanted], ids=lambda row: row.name)
def test_a_bad_request_is_told_what_is_wrong_and_nothing_else(door: Door, row: Row) -> None:
    answer = door.ask(row.raw)
    told = answer.json
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == answer.status
    assert {"type", "title", "code"} <= told.keys() <= {"type", "title", "status", "code", "field", "detail"}
    assert "server" not in answer.headers
    assert b"evil" not in answer.body


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "OPTIONS", "GET"])
def test_b19_another_method_is_told_the_right_one(door: Door, method: str) -> None:
    assert door.ask(post().replace(b"POST", method.encode())).headers["allow"] == "POST"


def test_b08_a_long_chunk_extension_is_bounded_but_no_part_of_the_vote(door: Door) -> None:
    with door.wire() as wire:
        wire.send(CHUNKED + b"2;" + b"x" * 10_000 + b"\r\n{}\r\n" + END)
        assert wire.must_answer().status in {400, 413, 422}


def test_b23_an_upgrade_is_ignored(door: Door) -> None:
    with door.wire() as wire:
        wire.send(get("/healthz", *UPGRADE) * 3)
        assert (statuses(wire, 3), wire.is_open()) == ([200] * 3, True)


def test_b23_a_vote_that_asks_for_an_upgrade_is_a_vote(door: Door) -> None:
    before = door.count()
    with door.wire() as wire:
        raw = post(Upgrade="h2c", Connection="Upgrade") * 2
        wire.send(raw[:-HALF])
        wire.send(raw[-HALF:])
        assert (statuses(wire, 2), door.count() - before) == ([202, 202], 2)


def test_b33_a_get_with_a_vote_as_its_body_is_a_get(door: Door) -> None:
    before = door.count()
    hidden = post(target=door.route)
    with door.wire() as wire:
        wire.send(get("/healthz", f"Content-Length: {len(hidden)}") + hidden + get("/nowhere"))
        assert (statuses(wire, 2), door.count() - before) == ([200, 404], 0)


def test_b34_a_body_that_is_waited_for_is_asked_for(door: Door) -> None:
    with door.wire() as wire:
        wire.send(post(b"", Expect="100-continue", Content_Length=str(len(VOTE))))
        asked = wire.must_answer().status
        wire.send(VOTE)
        assert (asked, wire.must_answer().status) == (100, 202)


def test_b34_a_body_is_asked_for_in_its_turn(door: Door) -> None:
    with door.wire() as wire:
        wire.send(post() + post(b"", Expect="100-continue", Content_Length=str(len(VOTE))))
        told = statuses(wire, 2)
        wire.send(VOTE)
        assert [*told, wire.must_answer().status] == [202, 100, 202]


def test_a_vote_in_chunks_is_a_vote(door: Door) -> None:
    halves = b"".join(b"%x\r\n%b\r\n" % (len(half), half) for half in (VOTE[:HALF], VOTE[HALF:]))
    with door.wire() as wire:
        wire.send(CHUNKED + CHUNK + END + CHUNKED + halves + b"0\r\nIdempotency-Key: not-a-header\r\n\r\n")
        answers = [wire.must_answer(), wire.must_answer()]
    assert [(answer.status, answer.json["id"]) for answer in answers] == [(202, None)] * 2


def test_a_vote_that_comes_byte_by_byte_is_a_vote(door: Door) -> None:
    with door.wire() as wire:
        for byte in post(target=door.route):
            wire.send(bytes([byte]))
        assert wire.must_answer().status == 202


def test_the_last_answer_says_that_it_is(door: Door) -> None:
    with door.wire() as wire:
        wire.send(post() + post(Connection="close"))
        answers = [wire.must_answer(), wire.must_answer()]
        assert ([a.headers.get("connection") for a in answers], wire.is_open()) == ([None, "close"], False)


def test_http_1_0_is_answered_and_ended(door: Door) -> None:
    with door.wire() as wire:
        wire.send(post().replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert (wire.must_answer().status, wire.is_open()) == (202, False)


def test_a_client_that_says_it_has_no_more_is_still_answered(door: Door) -> None:
    with door.wire() as wire:
        wire.send(post())
        wire.send_nothing_more()
        assert (wire.must_answer().status, wire.answer()) == (202, None)


def test_a_client_that_leaves_amid_its_vote_appends_nothing(door: Door) -> None:
    before = door.count()
    with door.wire() as wire:
        wire.send(HEAD + b"Content-Length: 500\r\n\r\n" + VOTE)
        wire.send_nothing_more()
        assert (wire.answer(), door.count() - before) == (None, 0)


def test_b28_a_client_that_is_refused_amid_its_body_can_read_why(door: Door) -> None:
    with door.wire() as wire:
        wire.send(post(b" " * 10_485_760))
        wire.send_nothing_more()
        assert wire.rest().startswith(b"HTTP/1.1 413")


def test_head_is_get_without_its_body(door: Door) -> None:
    with door.wire() as wire:
        wire.send(get("/healthz").replace(b"GET", b"HEAD") + get("/healthz"))
        wire.send_nothing_more()
        told = wire.rest()
    assert (told.count(b"HTTP/1.1 200"), told.count(b'"ok"')) == (2, 1)
