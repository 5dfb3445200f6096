"""A server in Rust writes into the log what a server in Python writes, byte for byte."""

import json
import random
import re
from pathlib import Path
from uuid import uuid4

import grpc
import pytest

from books import flattened, kafka_records
from rockola.opening import create_log
from rockola.vote import vote_pb2 as pb
from running import Process
from services import Services

VOTES, MESSAGE = 2000, 50
CAST = "/rockola.v1.Ballot/Cast"
NAMES = ("Bohemia Suburbana", ' "Comillas"  y \\barras\\ ', "Ñandú é 日本 🎸", "Cafe\u0301", "a/b\u200d<c>&'", "x" * 80)


def generated(rng: random.Random) -> pb.Vote:
    """A vote that is accepted; some have an id, some a voter, in the clear or as a digest, some neither."""
    vote = pb.Vote(name=rng.choice(NAMES), album=rng.choice(NAMES))
    vote.year, vote.rank = rng.randint(1900, 2100), rng.randint(0, 1000)
    if rng.random() < 0.7:
        vote.id = f"vote:{rng.randrange(10**9):09}"
    match rng.randrange(3):
        case 0:
            vote.voter = rng.choice(("ana", "ñandú", f"+502 {rng.randrange(10**8)}", "\x00\n"))
        case 1:
            vote.voter_digest = f"{rng.getrandbits(128):032x}"
    return vote


def written(url: str, server: Process, votes: list[pb.Vote]) -> list[tuple[int, int, bytes]]:
    """Partition, offset and bytes of each record, but for its time."""
    create_log(url)
    server.start()
    messages = [pb.Votes(votes=votes[at : at + MESSAGE]) for at in range(0, len(votes), MESSAGE)]
    with grpc.insecure_channel(server.address("server")) as channel:
        cast = channel.stream_stream(CAST, pb.Votes.SerializeToString, pb.Receipts.FromString)
        receipts = [one for answer in cast(iter(messages), timeout=60) for one in answer.receipts]
    records = sorted(flattened(kafka_records(url)))
    places = sorted((one.place.partition, one.place.offset) for one in receipts)
    assert places == [(partition, offset) for partition, offset, _ in records]
    return [(partition, offset, re.sub(rb'"at":\d+', b'"at":0', value)) for partition, offset, value in records]


@pytest.mark.parametrize("seed", [20261128])
def test_2000_votes_are_the_same_bytes_in_the_same_places(services: Services, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    votes, logs = [generated(rng) for _ in range(VOTES)], {}
    for kind in ("python", "rust"):
        url = f"{services['kafka']}/test-{uuid4().hex}"
        server = Process(tmp_path / "data", "server", kind=kind, ROCKOLA_LOG=url)
        try:
            logs[kind] = written(url, server, votes)
        finally:
            server.kill()
    assert len(logs["rust"]) == VOTES
    assert [(p, o, v.replace(b'"door":"rust"', b'"door":"grpc"')) for p, o, v in logs["rust"]] == logs["python"]
    assert all(json.loads(value)["door"] == "rust" for _, _, value in logs["rust"])
