"""Rows B-75 to B-92: what anyone on the server's network can send it over gRPC."""

import json
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from contract.ingest.conftest import Opened
from contract.ingest.doors import Door
from rockola.ingest.rpc import Waits
from rockola.vote import vote_pb2 as pb
from rockola.vote.codec import read_outcome, read_outcomes, write_votes
from rockola.vote.errors import InvalidVote
from rockola.vote.model import Door as Doors
from rockola.vote.model import Place, Vote

GOOD = Vote("Bohemia Suburbana", "Mis palabras", 1997, 950)
FIELDS = {"name": GOOD.name, "album": GOOD.album, "year": GOOD.year, "rank": GOOD.rank}
CAST, CAST_ONE = "/rockola.v1.Ballot/Cast", "/rockola.v1.Ballot/CastOne"
MiB = 1024 * 1024
Code = grpc.StatusCode
LATE = {Code.DEADLINE_EXCEEDED, Code.CANCELLED}  # a server may be quicker than its client to give a call up


class Client:
    """Calls that send any bytes."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address)

    def one(self, message: bytes, method: str = CAST_ONE, **options: Any) -> bytes:
        """CastOne, or a method of that form."""
        answer: bytes = self.channel.unary_unary(method)(message, **{"timeout": 15} | options)
        return answer

    def stream(self, *messages: bytes, **options: Any) -> list[bytes]:
        """The answers of a Cast stream that ends after these."""
        return list(self.channel.stream_stream(CAST)(iter(messages), **{"timeout": 15} | options))

    def failure(self, call: str, *messages: bytes, **options: Any) -> grpc.StatusCode:
        """What a call ends with."""
        with pytest.raises(grpc.RpcError) as caught:
            getattr(self, call)(*messages, **options)
        return caught.value.code()


@pytest.fixture
def client(door: Door) -> Iterator[Client]:
    """A client of the door everybody shares."""
    found = Client(door.grpc)
    yield found
    found.channel.close()


@pytest.fixture
def dial(opened: Opened) -> Iterator[Any]:
    """A client of a door of one's own, with settings."""
    channels: list[Client] = []

    def start(**settings: Any) -> tuple[Door, Client]:
        door = opened(**settings)
        channels.append(Client(door.grpc))
        return door, channels[0]

    yield start
    channels[0].channel.close()


def wire(**fields: Any) -> bytes:
    """A `Vote` message with some fields changed."""
    return pb.Vote(**FIELDS | fields).SerializeToString()


def test_a_stream_answers_each_message_in_order(door: Door, client: Client) -> None:
    before = door.count()
    answers = client.stream(*[write_votes([GOOD] * number, Doors.RUST) for number in (3, 1, 512)])
    assert [len(read_outcomes(answer)) for answer in answers] == [3, 1, 512]
    assert (door.count() - before, json.loads(door.newest())["door"]) == (516, "rust")


def test_a_single_vote_is_answered_with_its_place(door: Door, client: Client) -> None:
    outcome = read_outcome(client.one(wire(id="vote-0001")))
    record = json.loads(door.newest())
    assert (type(outcome), record["id"], record["door"], record["rank"]) == (Place, "vote-0001", door.own, 9.5)


REFUSED = {
    "B-75 a vote of 300 KB": ("one", wire(name="a" * 300_000), Code.RESOURCE_EXHAUSTED),
    "B-75 votes of 300 KB": ("stream", write_votes([GOOD] * 7000, Doors.GRPC), Code.RESOURCE_EXHAUSTED),
    "B-75 1,001 votes": ("stream", write_votes([GOOD] * 1001, Doors.GRPC), Code.INVALID_ARGUMENT),
    "B-77 random bytes": ("stream", bytes(range(255, 100, -1)), Code.INVALID_ARGUMENT),
    "B-77 truncated varint": ("one", wire() + b"\x18\xff", Code.INVALID_ARGUMENT),
    "B-77 wrong wire type": ("one", b"\x08\x01", Code.INVALID_ARGUMENT),
    "B-77 length beyond the end": ("stream", b"\x0a\x7f" + wire(), Code.INVALID_ARGUMENT),
    "B-77 unknown door": ("stream", write_votes([GOOD], Doors.GRPC) + b"\x10\x63", Code.INVALID_ARGUMENT),
    "B-79 no name": ("one", wire(name=""), Code.INVALID_ARGUMENT),
    "B-79 year 0": ("one", wire(year=0), Code.INVALID_ARGUMENT),
    "B-79 rank 1,001": ("one", wire(rank=1001), Code.INVALID_ARGUMENT),
    "B-80 invalid UTF-8": ("one", wire().replace(b"Mis", b"\xff\xff\xff"), Code.INVALID_ARGUMENT),
    "B-81 10,000 groups in each other": ("one", wire() + b"\x53" * 10_000 + b"\x54" * 10_000, Code.INVALID_ARGUMENT),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_message_is_refused_and_appends_nothing(door: Door, client: Client, name: str) -> None:
    call, message, code = REFUSED[name]
    before = door.count()
    assert (client.failure(call, message), door.count() - before) == (code, 0)
    assert (len(client.stream(write_votes([GOOD], Doors.GRPC))), door.count() - before) == (1, 1)


@pytest.mark.parametrize("size", [9000, 17_000, 60_000])
def test_b76_metadata_is_bounded(door: Door, client: Client, size: int) -> None:
    before = door.count()
    failure = client.failure("one", wire(), metadata=(("junk", "a" * size),))
    assert (failure, client.one(wire(), metadata=(("junk", "a" * 7000),)) != b"") == (Code.RESOURCE_EXHAUSTED, True)
    assert door.count() - before == 1


def test_b78_unknown_fields_are_not_passed_on(door: Door, client: Client) -> None:
    client.one(wire() + b"\xfa\xf0\x04\xe0\xd4\x03" + b"a" * 60_000)
    assert json.loads(door.newest()).keys() == {"name", "album", "year", "rank", "door", "at"}


def test_b79_a_refusal_in_a_stream_stands_in_its_vote_s_place(door: Door, client: Client) -> None:
    before = door.count()
    votes = [pb.Vote(**FIELDS), pb.Vote(**FIELDS | {"year": 0}), pb.Vote(**FIELDS)]
    good, bad, also_good = read_outcomes(client.stream(pb.Votes(votes=votes).SerializeToString())[0])
    assert (type(good), type(also_good), door.count() - before) == (Place, Place, 2)
    assert isinstance(bad, InvalidVote)
    assert (bad.code, bad.field) == ("invalid_field", "year")


def test_b79_a_refused_call_names_the_field(client: Client) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        client.one(wire(rank=1001))
    trailers = dict(caught.value.trailing_metadata())
    assert (trailers["rockola-code"], trailers["rockola-field"]) == ("invalid_field", "rank")
    assert caught.value.details().startswith("invalid_field: rank: must be")


def test_a_voter_in_the_clear_is_digested(door: Door, client: Client) -> None:
    client.one(wire(voter="ana"))
    digest = json.loads(door.newest())["voter"]
    client.one(wire(voter_digest=digest))
    assert (len(digest), json.loads(door.newest())["voter"]) == (32, digest)


@pytest.mark.parametrize("timeout", [None, 31_536_000], ids=["none", "a year"])
def test_b82_a_call_ends_in_time_whatever_its_deadline(dial: Any, timeout: float | None) -> None:
    door, client = dial(waits=Waits(call=0.5))
    begun = time.monotonic()
    with door.blocked_log():
        failure = client.failure("one", wire(), timeout=timeout)
    assert (failure, time.monotonic() - begun < 3) == (Code.DEADLINE_EXCEEDED, True)


def test_b82_a_deadline_of_a_millisecond_leaves_the_server_well(door: Door, client: Client) -> None:
    client.one(wire())
    with door.blocked_log():
        failures = {client.failure("one", wire(), timeout=0.001) for _ in range(20)}
    assert (failures <= LATE, read_outcome(client.one(wire())).__class__) == (True, Place)


def test_b88_what_is_not_there_is_unimplemented(client: Client) -> None:
    methods = ("/rockola.v1.Ballot/Count", "/rockola.v2.Ballot/CastOne", "/Ballot")
    assert {client.failure("one", wire(), method=method) for method in methods} == {Code.UNIMPLEMENTED}


def test_b88_a_call_of_nothing_is_unimplemented(client: Client) -> None:
    assert client.failure("one", wire(), method="") == Code.UNIMPLEMENTED


def test_b89_a_silent_stream_is_ended(dial: Any) -> None:
    _, client = dial(waits=Waits(silence=0.5))
    calls = [client.channel.stream_stream(CAST)(forever(), timeout=10) for _ in range(50)]
    assert [call.code() for call in calls] == [Code.UNAVAILABLE] * 50


def forever() -> Iterator[bytes]:
    """A client that says nothing and does not end."""
    time.sleep(2)
    yield from ()


def test_b91_a_message_that_unpacks_to_50_mb_is_refused(door: Door, client: Client) -> None:
    before = door.count()
    bomb = wire() + b"\xfa\xf0\x04\x80\x80\x80\x19" + bytes(50 * MiB)
    failure = client.failure("one", bomb, compression=grpc.Compression.Gzip)
    assert (failure, door.count() - before) == (Code.RESOURCE_EXHAUSTED, 0)


def test_b92_an_id_twice_in_a_stream_is_two_records(door: Door, client: Client) -> None:
    before = door.count()
    vote = Vote(GOOD.name, GOOD.album, GOOD.year, GOOD.rank, "vote-0001")
    client.stream(write_votes([vote, vote], Doors.GRPC))
    assert door.count() - before == 2


def test_the_server_tells_that_it_is_well(client: Client) -> None:
    stub = health_pb2_grpc.HealthStub(client.channel)
    answer = stub.Check(health_pb2.HealthCheckRequest(service="rockola.v1.Ballot"), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def described(client: Client) -> list[str]:
    """The services the server tells of."""
    stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = stub.ServerReflectionInfo(iter([asked]), timeout=5)
    return [service.name for service in answer.list_services_response.service]


def test_the_server_describes_itself(client: Client) -> None:
    assert "rockola.v1.Ballot" in described(client)


def test_b88_a_server_that_shall_not_describe_itself_does_not(dial: Any) -> None:
    _, client = dial(reflection=False)
    with pytest.raises(grpc.RpcError) as caught:
        described(client)
    assert caught.value.code() == Code.UNIMPLEMENTED


def test_a_server_that_stops_ends_its_streams(dial: Any) -> None:
    door, client = dial()
    call = client.channel.stream_stream(CAST)(forever(), timeout=10)
    client.one(wire())
    door.end()
    assert call.code() == Code.UNAVAILABLE
