"""The doors in Rust on a real Kafka, killed, stopped, hung and made to panic, and a broker that dies: F-04 to F-08."""

import asyncio
import random
import signal
import time
from collections import Counter

import pytest

from audit import check_ledger
from books import flattened
from running import Process, until
from stack import HEALED, Stack, counted, more, pause, revive, voting
from voters import Crowd

GONE = 12.0  # seconds to the end of a door that was told to stop
OUTAGE = 5.0  # seconds
SEEN = 10.0  # seconds until a broker that is back is appended to; with the driver's own pauses it may be longer


@pytest.fixture
def kind() -> str:
    return "rust"


def test_f04_f08_doors_killed_at_random_moments_break_no_promise(shared: Stack, rng: random.Random) -> None:
    with counted(shared, rng) as (crowd, _):
        for door in shared.processes[:2] * 3:
            pause(rng, 0.05, 0.6)
            door.kill()
            revive(door)
        more(crowd, 50)


@pytest.mark.parametrize(("command", "point"), [("server", "server.appended"), ("gateway", "gateway.accepted")])
def test_f05_a_door_that_dies_between_the_append_and_the_answer_counts_the_repeat_once(
    shared: Stack, rng: random.Random, command: str, point: str
) -> None:
    _, other = shared.doors()
    doors = shared.doors()
    dying = next(door for door in doors if door.command == command)
    shared.make("consumer").start()
    ledger = []
    for turn in range(2):
        dying.kill()
        dying.start(ROCKOLA_FAILPOINTS=f"{point}=kill:1")
        before = Crowd([shared.route(doors[1])], rng, repeat_unknown=False)
        asyncio.run(votes_of(before, turn))
        assert dying.ended() == -signal.SIGABRT
        assert before.settled() == {"unknown": 5}
        again = Crowd([shared.route(other)], rng)
        asyncio.run(votes_of(again, turn))
        ledger += again.ledger
    check_ledger(shared.books, ledger, HEALED)
    appended = Counter(value.partition(b'"id":"')[2][:11] for _, _, value in flattened(shared.books.records()))
    assert max(appended.values()) == 2, "no vote was appended twice: the door did not die where it should"


async def votes_of(crowd: Crowd, turn: int) -> None:
    """Five fresh votes at once."""
    await asyncio.gather(*(crowd.cast_fresh(f"in-turn-{turn}-{number}") for number in range(5)))


def test_f06_doors_stopped_under_load_leave_in_time_and_acknowledge_nothing_that_is_not_in_the_log(
    shared: Stack, rng: random.Random
) -> None:
    with counted(shared, rng) as (crowd, _):
        server, gateway = shared.processes[:2]
        for door in (gateway, server):
            pause(rng, 0.1, 0.6)
            began = time.monotonic()
            assert door.stop() == 0
            assert time.monotonic() - began < GONE
            door.start()
            more(crowd, 20)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_f07_a_server_that_dies_or_hangs_is_answered_with_503_and_taken_up_again(
    shared: Stack, rng: random.Random, number: signal.Signals
) -> None:
    with counted(shared, rng) as (crowd, _):
        server = shared.processes[0]
        server.signal(number)
        until(lambda: crowd.statuses[503], "a 503", seconds=14)
        bring_back(server, number)
        more(crowd, 20)
    assert crowd.statuses[0] == 0


def bring_back(server: Process, number: signal.Signals) -> None:
    """Undoes the signal."""
    if number is signal.SIGSTOP:
        server.signal(signal.SIGCONT)
    else:
        server.kill()
        server.start()


def test_f08_a_message_that_makes_its_reader_panic_is_unknown_and_the_others_go_on(
    shared: Stack, rng: random.Random
) -> None:
    server = shared.make("server").start(ROCKOLA_FAILPOINTS="server.decode=panic:3")
    gateway = shared.make("gateway", "--server", server.address("server")).start()
    shared.make("consumer").start()
    crowd = Crowd([shared.route(gateway)], rng)
    with voting(crowd):
        more(crowd, 100)
    assert crowd.statuses[503] > 0
    assert "armed to panic" in server.errors.read_text()
    check_ledger(shared.books, crowd.ledger, HEALED)


def test_a_killed_broker_that_is_back_is_appended_to_by_the_same_server_soon(shared: Stack, rng: random.Random) -> None:
    with counted(shared, rng) as (crowd, _):
        kafka = shared.kafka.server
        kafka.kill()
        until(lambda: crowd.statuses[503], "a 503", seconds=14)
        pause(rng, OUTAGE, OUTAGE)
        kafka.start()
        more(crowd, 1, seconds=SEEN)
