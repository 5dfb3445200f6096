"""Rows B-76 to B-90 frame by frame: what a gRPC library would never send."""

import socket
import time

import pytest

from contract.ingest import h2
from contract.ingest.conftest import Opened
from contract.ingest.doors import Door
from contract.ingest.test_grpc import FIELDS, Client
from contract.ingest.wire import Wire, get, post
from rockola.vote import vote_pb2 as pb
from rockola.vote.codec import read_outcome
from rockola.vote.model import Place

VOTE = pb.Vote(**FIELDS)
JUNK = h2.frame(h2.CONTINUATION, 0, 1, h2.literal(b"a", b"b" * 100) * 100)
TLS = bytes.fromhex("16030100a5010000a10303") + bytes(40)


def casts(address: str) -> bool:
    """Whether the server still takes a vote from somebody else."""
    client = Client(address)
    try:
        return isinstance(read_outcome(client.one(VOTE.SerializeToString())), Place)
    finally:
        client.channel.close()


def opening(stream: int, block: bytes) -> bytes:
    """A call's first frame."""
    return h2.frame(h2.HEADERS, h2.END_HEADERS, stream, block)


def test_b76_metadata_that_is_no_base64_fails_its_call_alone(door: Door) -> None:
    with h2.H2(door.grpc) as wire:
        wire.send(opening(1, h2.call("Cast", a_bin="!!!not base64!!!")))
        wire.send(opening(3, h2.call("Cast")) + h2.frame(h2.DATA, 0, 3, h2.message(pb.Votes().SerializeToString())))
        answered = wire.until(h2.DATA, 3)
    assert (answered is not None, casts(door.grpc)) == (True, True)


def test_b83_calls_cancelled_at_once_keep_nobody_waiting(door: Door) -> None:
    with h2.H2(door.grpc) as wire:
        for stream in range(1, 2001, 2):
            wire.send(opening(stream, h2.call("Cast")) + h2.frame(h2.RESET, 0, stream, (8).to_bytes(4)))
        begun = time.monotonic()
        assert (casts(door.grpc), time.monotonic() - begun < 2) == (True, True)


def test_b84_a_connection_has_a_hundred_streams(door: Door) -> None:
    with h2.H2(door.grpc) as wire:
        hello = wire.until(h2.SETTINGS)
        assert hello is not None
        wire.send(b"".join(opening(stream, h2.call("Cast")) for stream in range(1, 301, 2)))
        refused = wire.until(h2.RESET, 299)
    assert (hello.settings[h2.MOST_STREAMS], refused is not None, casts(door.grpc)) == (100, True, True)


def test_b85_a_client_that_pings_without_end_is_told_to_calm_down(door: Door) -> None:
    with h2.H2(door.grpc) as wire:
        for _ in range(20):
            wire.send(h2.frame(h2.PING, 0, 0, bytes(8)))
            time.sleep(0.01)
        goodbye = wire.until(h2.GOAWAY)
    assert goodbye is not None
    assert goodbye.error == h2.CALM


def test_b86_metadata_of_100_kb_is_refused(door: Door) -> None:
    with h2.H2(door.grpc) as wire:
        wire.send(
            h2.frame(h2.HEADERS, 0, 1, h2.call("Cast")) + JUNK * 10 + h2.frame(h2.CONTINUATION, h2.END_HEADERS, 1)
        )
        refusal = wire.until(h2.HEADERS, 1)
    assert refusal is not None
    assert (refusal.flags & h2.END_STREAM, casts(door.grpc)) == (h2.END_STREAM, True)


def test_b86_metadata_without_end_is_bounded(door: Door) -> None:
    with h2.H2(door.grpc) as wire:
        wire.send(h2.frame(h2.HEADERS, 0, 1, h2.call("Cast")) + JUNK * 1400)
        wire.until(h2.RESET, 1)  # or the connection ends: both before PATIENCE
        assert casts(door.grpc)


def test_b86_a_frame_out_of_turn_ends_the_connection(door: Door) -> None:
    with h2.H2(door.grpc) as wire:
        wire.send(h2.frame(h2.CONTINUATION, 0, 9, b"a"))
        assert (wire.until(h2.DATA, 9), casts(door.grpc)) == (None, True)


STRANGERS = {"B-87 HTTP/1.1": post(), "B-87 GET": get("/"), "B-87 TLS": TLS, "B-87 bytes": bytes(range(256)) * 40}


@pytest.mark.parametrize("name", STRANGERS)
def test_another_protocol_is_turned_away(door: Door, name: str) -> None:
    with Wire(door.grpc, door.route) as wire:
        wire.send(STRANGERS[name])
        assert (wire.is_cut_off_within(5), casts(door.grpc)) == (True, True)


def test_b87_a_gateway_turns_http_2_away(door: Door) -> None:
    with socket.create_connection(split(door.http), 5) as raw:
        raw.sendall(h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0))
        assert raw.recv(64).startswith((b"HTTP/1.1 400", b"HTTP/1.1 505"))


def test_b90_a_client_that_reads_no_answers_is_read_no_further(opened: Opened) -> None:
    door = opened()
    with h2.H2(door.grpc, h2.setting(h2.FIRST_WINDOW, 0)) as wire:
        wire.send(opening(1, h2.call("Cast")))
        for _ in range(20):
            wire.send(h2.frame(h2.DATA, 0, 1, h2.message(pb.Votes(votes=[VOTE] * 100).SerializeToString())))
        appended = [door.count() for _ in range(20) if casts(door.grpc)]
    assert appended[-1] <= 20 + 2 * 100


def split(address: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = address.rpartition(":")
    return host, int(port)
