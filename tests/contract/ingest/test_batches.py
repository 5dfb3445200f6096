"""Row B-63: many votes in one request, each with an outcome of its own."""

import json
from typing import Any

import pytest

from contract.ingest.conftest import Opened
from contract.ingest.doors import Door
from contract.ingest.wire import VOTE, Answer, post

LIMIT = 262_144  # bytes
BATCH = "/ROUTE/votes"
NDJSON = "application/x-ndjson"
GOOD: dict[str, Any] = json.loads(VOTE)
BAD = json.dumps(GOOD | {"year": 1}).encode()


def batch(*votes: bytes, **headers: str) -> bytes:
    """Votes as a JSON array."""
    return post(b"[" + b",".join(votes) + b"]", BATCH, **headers)


def told(answer: Answer) -> list[tuple[int, str, str]]:
    """Status, code and field of each vote."""
    return [(vote["status"], vote.get("code", ""), vote.get("field", "")) for vote in answer.json["votes"]]


REFUSED = {
    "B-63 1,001 votes": (batch(*[VOTE] * 1001), 413),
    "B-63 1,001 lines": (post(b"{}\n" * 1001, BATCH, Content_Type=NDJSON), 413),
    "B-63 none": (batch(), 422),
    "B-63 no lines": (post(b"\n \n", BATCH, Content_Type=NDJSON), 422),
    "B-63 256 KiB and 1": (post(VOTE + b" " * (LIMIT + 1 - len(VOTE)), BATCH, Content_Type=NDJSON), 413),
    "B-36 an object": (post(VOTE, BATCH), 400),
    "B-37 text": (batch(VOTE, Content_Type="text/plain"), 415),
    "B-43 nested": (post(b"[" * 100_000, BATCH), 400),
    "B-61 gzip": (batch(VOTE, Content_Encoding="gzip"), 415),
    "B-55 one id for all": (batch(VOTE, Idempotency_Key="vote-0001"), 400),
    "B-19 another method": (batch(VOTE).replace(b"POST", b"PUT"), 405),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_batch_is_refused_whole(door: Door, name: str) -> None:
    raw, status = REFUSED[name]
    before = door.count()
    assert (door.ask(raw).status, door.count() - before) == (status, 0)


def test_b63_a_full_batch_is_accepted(door: Door) -> None:
    before = door.count()
    answer = door.ask(post((VOTE + b"\n") * 1000 + b" " * (LIMIT - 1000 * (len(VOTE) + 1)), BATCH, Content_Type=NDJSON))
    assert (answer.status, told(answer), door.count() - before) == (202, [(202, "", "")] * 1000, 1000)


def test_b63_one_bad_vote_of_a_thousand_is_refused_alone(door: Door) -> None:
    before = door.count()
    answer = door.ask(batch(*[VOTE] * 600, BAD, *[VOTE] * 399))
    outcomes = told(answer)
    refusal = outcomes.pop(600)
    assert (answer.status, refusal, set(outcomes)) == (207, (422, "invalid_field", "year"), {(202, "", "")})
    assert door.count() - before == 999


def test_b63_a_batch_of_bad_votes_has_an_outcome_for_each(door: Door) -> None:
    answer = door.ask(batch(BAD, b"7", b'{"name":1}', b'{"name":"a","name":"b"}'))
    codes = ["invalid_field", "body_not_object", "missing_field", "duplicate_key"]
    assert (answer.status, [code for _, code, _ in told(answer)]) == (207, codes)


def test_b63_an_id_twice_in_a_batch_is_two_records(door: Door) -> None:
    one = json.dumps(GOOD | {"id": "vote-0001"}).encode()
    votes = door.ask(batch(one, one)).json["votes"]
    assert ([vote["id"] for vote in votes], len({vote["receipt"] for vote in votes})) == (["vote-0001"] * 2, 2)


def test_receipts_are_in_the_order_of_the_votes(door: Door) -> None:
    votes = [json.dumps(GOOD | {"id": f"vote-{number:04}"}).encode() for number in range(700)]
    told = door.ask(batch(*votes)).json["votes"]
    places = [int(vote["receipt"].rpartition(".")[2]) for vote in told]
    assert ([vote["id"] for vote in told], places) == ([f"vote-{n:04}" for n in range(700)], sorted(places))


def test_a_voter_who_hurries_is_told_so_in_the_batch(opened: Opened) -> None:
    one = json.dumps(GOOD | {"voter": "ana"}).encode()
    answer = opened(voter_rate=1).ask(batch(one, one, VOTE))
    assert [status for status, _, _ in told(answer)] == [202, 429, 202]


def test_a_batch_that_does_not_fit_the_queue_is_refused_whole(opened: Opened) -> None:
    door = opened(queue=10)
    answer = door.ask(batch(*[VOTE] * 11))
    assert (answer.status, answer.json["code"], door.count()) == (503, "busy", 0)


def test_a_query_behind_the_route_changes_nothing(door: Door) -> None:
    raw = batch(*[VOTE] * 600).replace(b"/votes HTTP", b"/votes?x=1 HTTP", 1)
    assert door.ask(raw).status == 202
