"""Bodies at random: the gateway in Rust says of each what the reader in Python says, and casts the same vote."""

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from contract.ingest.logs import SqliteLog
from contract.ingest.mangling import mangled
from contract.ingest.parts import SECRET, Given, python, python_server, rust
from contract.ingest.wire import ROUTE, Wire
from rockola.opening import open_log_reader
from rockola.vote.body import BodyReader
from rockola.vote.codec import decode_record
from rockola.vote.contest import Contest
from rockola.vote.errors import InvalidVote, MalformedVote
from rockola.vote.model import Vote

BODIES, PIPELINE, MOST = 3000, 100, 3
EXAMPLES = json.loads((Path(__file__).parents[3] / "contract" / "examples.json").read_text())
WRITTEN = [
    one["body"].encode()
    for one in EXAMPLES["accepted"] + EXAMPLES["refused"]
    if len(one.get("body", "")) in range(1, 1500)
]
PIECES = [
    *(b'"', b"\\", rb"\u0041", rb"\ud83c", rb"\udfb8", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".", b"e"),
    *(b"1997", b"null", b"true", b"NaN", b" ", b"\n", b"\0", b"\xc3\xa9", b"\xff", b"e\xcc\x81", b"\xe2\x80\x8b"),
    *(
        b'"id":"abcdefgh",',
        b'"x":1,',
        b'"name":"a",',
        b'"voter":"v",',
        b"9" * 30,
        b"\xc2\xa0",
        b"\xef\xbb\xbf",
        b"[[1]]",
    ),
]
TEXTS = [
    *("a", " a  b ", "a" * 80, "a" * 81, "", " ", "<b>", '"', "\\", "\U0001f3b8", "\u0660", None, 7, [], {"a": 1}),
    *("e\u0301", "\u00e9", "\u212b", "\ud55c", "\u1112\u1161\u11ab", "x\u200dy", "a\u00a0b", "\u202e", "\u0958"),
]
VALUES: dict[str, list[Any]] = {
    "name": TEXTS,
    "album": TEXTS,
    "year": [1900, 1997, 2100, 2101, "1997", "2000 ", 1997.0, True, None, "1997", -1],
    "rank": [0, 10, 5.2, 5.25, 5.255, "5.20", "10.00", "10.01", "05", "5.", -0.0, 11, False, "1e1", " 5"],
    "id": ["abcdefgh", "a" * 128, "a" * 129, "a:b.c-d_", "\u00f1" * 8, 12345678, None],
    "voter": ["v", "v" * 128, "\u00f1" * 65, "", "Jos\u00e9", 5, "\0"],
}
Said = tuple[int, str, str]
SAME = {"duplicate_key": "malformed"}  # of two faults either may be told


def composed(rng: random.Random) -> bytes:
    """Fields of a vote, each right or wrong."""
    chosen = {field: rng.choice(values) for field, values in VALUES.items() if rng.random() < 0.93 or field == "name"}
    for field in ("id", "voter"):
        if rng.random() < 0.5:
            chosen.pop(field, None)
    items = list(chosen.items())
    rng.shuffle(items)
    return json.dumps(dict(items), ensure_ascii=rng.random() < 0.5).encode()


def bodies(rng: random.Random) -> Iterator[bytes]:
    """Of both kinds."""
    for _ in range(BODIES):
        yield composed(rng) if rng.random() < 0.6 else mangled(rng, WRITTEN, PIECES, MOST)


def said(body: bytes) -> Said | Vote:
    """What the reader in Python says of a body."""
    try:
        return BodyReader(SECRET, Contest()).read(body)
    except MalformedVote as error:
        return 400, SAME.get(error.code, error.code), ""
    except InvalidVote as error:
        return 422, error.code, error.field


def posted(body: bytes) -> bytes:
    """A request with this body."""
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (ROUTE, len(body)) + body


def answered(wire: Wire, sent: list[bytes]) -> Iterator[Said]:
    """What a gateway answers to them."""
    wire.send(b"".join(map(posted, sent)))
    for answer in [wire.must_answer() for _ in sent]:
        code = answer.json.get("code", "")
        yield answer.status, SAME.get(code, code), answer.json.get("field", "")


def recorded(url: str) -> list[Vote]:
    """The votes of a log, in their order."""
    with closing(open_log_reader(url)) as reader:
        return [decode_record(value).vote for _, value in reader.read(0, 0, BODIES).entries]


def test_both_gateways_read_bodies_alike(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    sent = list(bodies(random.Random(request.config.getoption("seed"))))
    with ExitStack() as stack, closing(SqliteLog(tmp_path)) as log:
        given = Given(log, tmp_path)
        (server,) = stack.enter_context(python(python_server, given)).addresses
        gateway = stack.enter_context(rust("gateway", given, ROCKOLA_SERVER=server))
        with Wire(*gateway.addresses, "/rust") as wire:
            answers = [
                answer for at in range(0, BODIES, PIPELINE) for answer in answered(wire, sent[at : at + PIPELINE])
            ]
        votes = iter(recorded(log.url))
    found = [(body, next(votes) if answer[0] == 202 else answer) for body, answer in zip(sent, answers, strict=True)]
    assert [(body, one, said(body)) for body, one in found if one != said(body)] == []
