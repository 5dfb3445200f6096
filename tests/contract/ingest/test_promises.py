"""What a voter may rely on: no 202 before the log has the vote, answers in order, and a clean goodbye."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from contract.ingest.conftest import Opened
from contract.ingest.doors import Door
from contract.ingest.wire import VOTE, Wire, get, post

BLINK = 0.4  # seconds that an answer would long have taken


def numbered(number: int) -> bytes:
    """A good vote with an id."""
    return post(Idempotency_Key=f"vote-{number:04}")


def settled(status: Callable[[], int], seconds: float = 5) -> int:
    """The first status that is not 503."""
    until = time.monotonic() + seconds
    while (found := status()) == 503 and time.monotonic() < until:
        pass
    return found


def test_no_vote_is_accepted_before_the_log_has_it(opened: Opened) -> None:
    door = opened()
    with door.wire() as wire:
        with door.blocked_log():
            wire.send(post())
            assert wire.is_quiet(BLINK)
        assert (wire.must_answer().status, door.count()) == (202, 1)


def test_a_log_that_is_away_leaves_the_outcome_unknown(opened: Opened) -> None:
    door = opened()
    with door.blocked_log():
        answer = door.vote()
        ready = door.ask(get("/readyz")).status
    assert (answer.status, answer.json["code"], answer.headers["retry-after"], ready) == (503, "unknown", "1", 503)
    assert (door.vote().status, door.ask(get("/readyz")).status) == (202, 200)


def test_a_vote_lost_after_the_append_is_unknown_and_in_the_log(opened: Opened) -> None:
    door = opened(failpoints="server.appended=fail")
    answer = door.vote()
    assert (answer.status, answer.json["code"], door.count()) == (503, "unknown", 1)


def test_a_batch_whose_outcome_is_unknown_is_unknown_whole(opened: Opened) -> None:
    door = opened(failpoints="gateway.accepted=fail")
    answer = door.ask(post(b"[" + VOTE + b",{}]", "/ROUTE/votes"))
    assert (answer.status, answer.json["code"], door.count()) == (503, "unknown", 1)


def test_pipelined_votes_are_answered_in_order(door: Door) -> None:
    with door.wire() as wire:
        raws = [get("/nowhere") if number % 7 == 3 else numbered(number) for number in range(500)]
        wire.send(b"".join(raws))
        answers = [wire.must_answer() for _ in raws]
    got = [answer.json.get("id", 404) for answer in answers]
    assert got == [404 if number % 7 == 3 else f"vote-{number:04}" for number in range(500)]


def test_a_pipeline_longer_than_a_read_is_answered_whole(door: Door) -> None:
    before = door.count()
    with door.wire() as wire, ThreadPoolExecutor(1) as pool:
        pool.submit(wire.send, post() * 8000)
        answers = [wire.must_answer().status for _ in range(8000)]
    assert (set(answers), door.count() - before) == ({202}, 8000)


def test_votes_of_many_connections_share_batches_and_get_their_own_answers(door: Door) -> None:
    before = door.count()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: door.vote(Idempotency_Key=f"vote-{number:04}"), range(200)))
    receipts = {answer.json["receipt"] for answer in answers}
    assert ([a.json["id"] for a in answers], len(receipts)) == ([f"vote-{n:04}" for n in range(200)], 200)
    assert door.count() - before == 200


def test_a_full_queue_says_so_at_once(opened: Opened) -> None:
    door = opened(queue=3)
    with door.wire() as wire:
        with door.blocked_log():
            wire.send(post() * 3)
            assert wire.is_quiet(BLINK)
            answer = door.vote()
        accepted = [wire.must_answer().status for _ in range(3)]
    assert (answer.status, answer.json["code"], accepted, door.count()) == (503, "busy", [202] * 3, 3)


def test_a_connection_too_many_is_turned_away(opened: Opened) -> None:
    door = opened(connections=2)
    with door.wire() as first, door.wire() as second:
        first.send(post())
        second.send(post())
        assert (first.must_answer().status, second.must_answer().status) == (202, 202)
        with door.wire() as third:
            assert (third.must_answer().status, third.answer()) == (503, None)


def test_a_connection_that_left_makes_room(opened: Opened) -> None:
    door = opened(connections=1)
    for _ in range(3):
        assert settled(lambda: door.vote().status) == 202


def test_a_gateway_that_stops_answers_what_is_in_flight(opened: Opened) -> None:
    door = opened()
    with ExitStack() as stack:
        wires: list[Wire] = [stack.enter_context(door.wire()) for _ in range(3)]
        with door.blocked_log():
            for wire in wires:
                wire.send(post())
            assert wires[0].is_quiet(BLINK)
            door.end()
            assert wires[0].is_quiet(BLINK)
        answers = [wire.must_answer() for wire in wires]
        ends = [wire.answer() for wire in wires]
    assert [(a.status, a.headers["connection"]) for a in answers] == [(202, "close")] * 3
    assert (ends, door.count()) == ([None] * 3, 3)


def test_a_gateway_that_stops_takes_no_more(opened: Opened) -> None:
    door = opened()
    with door.wire() as late, door.wire() as idle, door.wire() as busy:
        late.send(post()[:-1])
        with door.blocked_log():
            busy.send(post())
            assert busy.is_quiet(BLINK)
            door.end()
            assert idle.answer() is None
            late.send(post()[-1:])
            refusal = late.must_answer()
        assert (refusal.status, refusal.json["code"], refusal.headers["connection"]) == (503, "draining", "close")
        assert (busy.must_answer().status, door.count()) == (202, 1)


def test_a_gateway_that_stops_does_not_wait_for_ever(opened: Opened) -> None:
    door = opened(drain=1)
    with door.wire() as wire, door.blocked_log():
        wire.send(post())
        assert wire.is_quiet(BLINK)
        begun = time.monotonic()
        door.end()
        assert (wire.answer(), 0.9 < time.monotonic() - begun < 3) == (None, True)
