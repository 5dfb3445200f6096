"""What a sender does with the answers of a door: every vote ends accepted, refused or unanswered."""

import asyncio
import io
import json
import time
from typing import Any

import pytest

from contract.send.door import RECEIPT, Door, Reply
from rockola.send import client, sender
from rockola.send.errors import WrongDoor
from rockola.send.listeners import Ledger, Listener, Report
from rockola.send.manner import Manner, Result
from rockola.send.rows import Ballot
from rockola.send.sender import Sender


def ballots(number: int, size: int = 0) -> list[Ballot]:
    """Votes for a door that looks at nothing but their ids."""
    rows = range(1, number + 1)
    return [Ballot("votes", row, row, f"vote-{row:04}", b'{"id":"vote-%04d"%*s}' % (row, size, b"")) for row in rows]


def sent(door: Door, number: int, *listeners: Listener, size: int = 0, **manner: Any) -> Result:
    """Sends so many votes to a door."""
    manner = {"urls": (door.url,), "connections": 1, "batch": 10, "patience": 5} | manner
    return asyncio.run(Sender(Manner(**manner), listeners).send(ballots(number, size), number))


def fates(result: Result) -> tuple[int, int, int]:
    """Accepted, refused and unanswered votes."""
    return result[:3]


def said(status: int, **more: str) -> dict[str, Any]:
    """An outcome in the answer to a batch."""
    return {"status": status, **more}


def several(reply: Reply, *outcomes: dict[str, Any]) -> Reply:
    """A reply with an outcome for each vote."""
    return reply._replace(status=207, body=json.dumps({"votes": outcomes}))


def test_votes_are_sent_in_batches(door: Door) -> None:
    sent(door, 25)
    assert [len(asked.ids) for asked in door.asked] == [10, 10, 5]


def test_every_vote_is_taken_once(door: Door) -> None:
    sent(door, 500, connections=8)
    assert door.taken == {ballot.id: 1 for ballot in ballots(500)}


def test_two_doors_have_their_shares_in_turn(door: Door) -> None:
    other = Door()
    try:
        sent(door, 25, urls=(door.url, other.url), connections=3)
    finally:
        other.stop()
    assert sorted(len(asked.ids) for asked in door.asked) == [5, 10]
    assert door.taken | other.taken == {ballot.id: 1 for ballot in ballots(25)}


def test_every_accepted_vote_is_counted_as_such(door: Door) -> None:
    assert fates(sent(door, 25)) == (25, 0, 0)


@pytest.mark.parametrize(("batch", "line"), [(1, "POST /grpc HTTP/1.1"), (2, "POST /grpc/votes HTTP/1.1")])
def test_a_batch_of_one_goes_to_the_route_of_single_votes(door: Door, batch: int, line: str) -> None:
    sent(door, 2, batch=batch)
    assert door.asked[0].head.startswith(line)


def test_single_votes_are_accepted(door: Door) -> None:
    assert fates(sent(door, 5, batch=1)) == (5, 0, 0)


def test_a_connection_is_used_again(door: Door) -> None:
    sent(door, 100)
    assert door.connections == 1


def test_a_connection_that_ends_with_its_answer_is_replaced(door: Door) -> None:
    door.plan = [door.usual._replace(headers="Connection: close\r\n")]
    sent(door, 20)
    assert (door.connections, len(door.asked)) == (2, 2)


def test_no_more_requests_are_under_way_than_asked_for(door: Door) -> None:
    door.usual = door.usual._replace(delay=0.01)
    sent(door, 200, connections=3)
    assert door.busiest == 3


def test_a_batch_is_no_larger_than_a_door_takes(door: Door) -> None:
    sent(door, 200, size=4000, batch=200)
    assert [len(asked.ids) for asked in door.asked] == [65, 65, 65, 5]


UNKNOWN = {
    "503 before it was taken": {"takes": False, "status": 503},
    "503 after it was taken": {"takes": True, "status": 503},
    "500": {"takes": True, "status": 500},
    "429": {"takes": False, "status": 429},
    "cut before it was taken": {"takes": False, "status": 0},
    "cut after it was taken": {"takes": True, "status": 0},
    "another number of outcomes": {"takes": True, "status": 202, "body": '{"votes":[{"status":422}]}'},
    "no JSON": {"takes": True, "status": 202, "body": "hello"},
    "a larger answer than there is": {"takes": True, "status": 202, "body": "x" * 1_100_000},
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_votes_of_unknown_outcome_are_sent_again_with_their_ids(door: Door, case: str) -> None:
    door.plan = [door.usual._replace(**UNKNOWN[case])] * 2
    sent(door, 10)
    assert [asked.ids for asked in door.asked] == [[ballot.id for ballot in ballots(10)]] * 3


@pytest.mark.parametrize("case", UNKNOWN)
def test_votes_that_were_sent_again_are_accepted_once(door: Door, case: str) -> None:
    door.plan = [door.usual._replace(**UNKNOWN[case])] * 2
    assert sent(door, 10)[:4] == (10, 0, 0, 2)


def test_votes_without_an_answer_in_time_are_sent_again(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.2)
    door.plan = [door.usual._replace(delay=0.5)]
    assert sent(door, 10)[:4] == (10, 0, 0, 1)


def test_an_answer_that_comes_late_is_not_taken_for_the_next(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.2)
    refusal = several(door.usual, *[said(422)] * 10)
    door.plan = [refusal._replace(delay=0.3), door.usual._replace(delay=0.15)]
    assert fates(sent(door, 20)) == (20, 0, 0)


def test_retry_after_is_respected(door: Door) -> None:
    door.plan = [door.usual._replace(status=429, headers="Retry-After: 1\r\n")]
    sent(door, 1)
    assert door.asked[1].time - door.asked[0].time >= 1


def test_a_refused_vote_is_counted_as_such(door: Door) -> None:
    door.plan = [several(door.usual, said(202), said(422, code="x"), said(400))]
    assert fates(sent(door, 3)) == (1, 2, 0)


def test_of_a_batch_only_what_is_not_settled_is_sent_again(door: Door) -> None:
    door.plan = [several(door.usual, said(202), said(429), said(422), said(503))]
    sent(door, 4)
    assert door.asked[1].ids == ["vote-0002", "vote-0004"]


def test_a_batch_that_is_refused_as_a_whole_is_refused(door: Door) -> None:
    door.plan = [door.usual._replace(status=413)]
    assert fates(sent(door, 15)) == (5, 10, 0)


@pytest.mark.parametrize("status", [200, 301, 401, 404, 405, 415])
def test_what_answers_otherwise_is_no_door(door: Door, status: int) -> None:
    door.usual = door.usual._replace(status=status)
    with pytest.raises(WrongDoor, match=f"answers {status}, which no door does"):
        sent(door, 5)


def test_the_rest_is_given_up_when_patience_ends(door: Door) -> None:
    door.plan = [door.usual, *[door.usual._replace(status=503)] * 50]
    assert fates(sent(door, 100, patience=0.5)) == (10, 0, 90)


def test_patience_begins_anew_with_every_settled_vote(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "PAUSES", (0.1,))
    door.plan = [several(door.usual, said(202), *[said(503)] * (rest - 1)) for rest in range(8, 0, -1)]
    assert fates(sent(door, 8, patience=0.4)) == (8, 0, 0)


def test_a_door_that_is_not_there_answers_no_vote(door: Door) -> None:
    door.stop()
    assert fates(sent(door, 20, patience=0.3)) == (0, 0, 20)


def test_a_rate_is_kept(door: Door) -> None:
    began = time.monotonic()
    sent(door, 21, rate=100)
    assert 0.2 <= time.monotonic() - began < 1


def test_at_a_low_rate_batches_are_small(door: Door) -> None:
    sent(door, 3, rate=20)
    assert [len(asked.ids) for asked in door.asked] == [2, 1]


def test_a_slow_door_does_not_slow_the_schedule(door: Door) -> None:
    door.plan = [door.usual._replace(delay=0.3)]
    sent(door, 40, rate=100, connections=2)
    assert door.asked[-1].time - door.asked[0].time < 0.6


def test_the_ledger_has_a_line_before_and_one_after(door: Door) -> None:
    file = io.BytesIO()
    sent(door, 1, Ledger(file))
    assert [json.loads(line) for line in file.getvalue().splitlines()] == [
        {"id": "vote-0001", "fate": "sent"},
        {"id": "vote-0001", "fate": "accepted", "receipt": RECEIPT},
    ]


def test_the_report_names_refused_rows(door: Door) -> None:
    file = io.BytesIO()
    door.plan = [several(door.usual, said(202), said(422, field="album", reason="is not in the catalogue"))]
    sent(door, 2, Report(file))
    assert json.loads(file.getvalue()) == {
        "file": "votes",
        "row": 2,
        "line": 2,
        "field": "album",
        "reason": "is not in the catalogue",
        "byte": 0,
    }


WRONG = {
    "no URL": {"urls": ("localhost:3000/grpc",)},
    "another scheme": {"urls": ("ftp://127.0.0.1/grpc",)},
    "a password": {"urls": ("http://me:secret@127.0.0.1/grpc",)},
    "a line break": {"urls": ("http://127.0.0.1/grpc%0d\rx: y",)},
    "a port that is none": {"urls": ("http://127.0.0.1:70000/grpc",)},
    "no vote a batch": {"batch": 0},
    "too many votes a batch": {"batch": 1001},
    "no connection": {"connections": 0},
    "a negative rate": {"rate": -1},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_manner_that_cannot_be_followed_is_refused(case: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Manner(**WRONG[case])
