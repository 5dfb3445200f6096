"""kill -9, at any moment, of anything: what was acknowledged is counted once (F-04, F-05, F-06, F-07, F-12, F-47)."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from audit import await_counted, check_ledger, check_verified
from books import Books
from files import ask
from running import Process, run, until
from voters import Crowd
from voting import Launch

TOTALS = {"Imaginaria Sonora": 3200, "Mis palabras": 2800, "El Viaje": 2500, "Rock chapin": 1600}


def crowd_of(rng: random.Random, *gateways: Process, repeat_unknown: bool = True) -> Crowd:
    return Crowd([gateway.address("gateway") for gateway in gateways], rng, repeat_unknown)


async def disturbed(crowd: Crowd, disturb: Callable[[], None]) -> None:
    """The crowd votes while `disturb` runs in a thread; then every voter gets an answer."""
    voting = asyncio.create_task(crowd.vote())
    await asyncio.to_thread(disturb)
    await asyncio.sleep(0.2)
    crowd.going = False
    await voting


def vote_file(path: Path) -> Path:
    """Ten times the totals of the original's vote file, shuffled."""
    votes = [
        {"name": "A band", "album": album, "year": "2000", "rank": "5.2"}
        for album in TOTALS
        for _ in range(TOTALS[album])
    ]
    random.Random(1).shuffle(votes)
    path.write_text(json.dumps(votes))
    return path


def sender_of(up: Process, file: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "rockola", "send", "--url", up.url("gateway", "/grpc"), "--batch", "20", str(file)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_file_sent_through_twenty_kills_and_once_undisturbed_is_counted_exactly(
    launch: Launch, data: Path, rng: random.Random
) -> None:
    data.mkdir()
    file, up = vote_file(data / "votes.json"), launch()
    up.launch()
    with sender_of(up, file) as sending:
        for _ in range(20):
            up.await_up()
            time.sleep(rng.uniform(0, 0.5))
            up.kill()
            up.launch()
        up.await_up()
        sending.kill()
    assert run("send", "--url", up.url("gateway", "/grpc"), str(file)).returncode == 0
    await_counted(Books.embedded(data))
    counted = dict(ask(data, "archive", "SELECT album, count(*) FROM votes WHERE verdict = 'counted' GROUP BY album"))
    assert counted == TOTALS
    check_verified(Books.embedded(data))


@pytest.mark.parametrize("repeat_unknown", [True, False])
def test_f04_a_gateway_killed_twenty_times_breaks_no_promise(
    launch: Launch, data: Path, rng: random.Random, repeat_unknown: bool
) -> None:
    server = launch("server").start()
    launch("consumer").start()
    gateway = launch("gateway", "--server", server.address("server")).start()
    crowd = crowd_of(rng, gateway, repeat_unknown=repeat_unknown)

    def kill_it() -> None:
        for _ in range(10):
            time.sleep(rng.uniform(0, 0.4))
            gateway.kill()
            gateway.start()

    asyncio.run(disturbed(crowd, kill_it))
    assert crowd.settled()["accepted"] > 50
    assert crowd.settled()["unknown"] == 0 or not repeat_unknown
    check_ledger(Books.embedded(data), crowd.ledger)


@pytest.mark.parametrize("point", ["server.appended", "gateway.accepted"])
def test_f05_a_door_that_dies_between_the_append_and_the_answer_counts_the_repeat_once(
    launch: Launch, data: Path, rng: random.Random, point: str
) -> None:
    dying, other = launch(), launch("server").start()
    gateway = launch("gateway", "--server", other.address("server")).start()
    ledger = []
    for turn in range(5):
        dying.start(ROCKOLA_FAILPOINTS=f"{point}=kill:1")
        before = crowd_of(rng, dying, repeat_unknown=False)
        asyncio.run(votes_of(before, turn))
        assert dying.ended() == -signal.SIGKILL
        assert before.settled() == {"unknown": 5}
        again = crowd_of(rng, gateway)
        asyncio.run(votes_of(again, turn))
        ledger += again.ledger
    dying.start()
    check_ledger(Books.embedded(data), ledger)
    twice = ask(data, "log", "SELECT record ->> 'id' FROM records GROUP BY 1 HAVING count(*) = 2")
    assert len(twice) > 0, "no vote was appended twice: the door did not die where it should"
    assert len(ledger) == 25


async def votes_of(crowd: Crowd, turn: int) -> None:
    """Five fresh votes at once."""
    await asyncio.gather(*(crowd.cast_fresh(f"in-turn-{turn}-{number}") for number in range(5)))


def test_f06_gateways_stopped_in_turn_under_load_leave_nothing_unknown(
    launch: Launch, data: Path, rng: random.Random
) -> None:
    server = launch("server").start()
    launch("consumer").start()
    gateways = [launch("gateway", "--server", server.address("server")).start() for _ in range(3)]
    crowd = crowd_of(rng, *gateways)

    def roll() -> None:
        for gateway in gateways:
            time.sleep(0.5)
            crowd.doors = [other.address("gateway") for other in gateways if other is not gateway]
            until(partial(lambda door: not crowd.flying[door], gateway.address("gateway")), "its last answers")
            began = time.monotonic()
            assert gateway.stop() == 0
            assert time.monotonic() - began < 12
            gateway.start()
            crowd.doors = [one.address("gateway") for one in gateways]

    asyncio.run(disturbed(crowd, roll))
    assert crowd.statuses[503] + crowd.statuses[0] == 0
    check_ledger(Books.embedded(data), crowd.ledger)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_f07_a_server_that_dies_or_hangs_is_answered_with_503_and_taken_up_again(
    launch: Launch, data: Path, rng: random.Random, number: signal.Signals
) -> None:
    server = launch("server").start()
    launch("consumer").start()
    gateway = launch("gateway", "--server", server.address("server")).start()
    crowd = crowd_of(rng, gateway)

    def take_it_away() -> None:
        time.sleep(0.3)
        server.signal(number)
        until(lambda: crowd.statuses[503], "a 503", seconds=14)
        if number is signal.SIGKILL:
            server.kill()
            server.start()
        else:
            server.signal(signal.SIGCONT)
        accepted = crowd.statuses[202]
        until(lambda: crowd.statuses[202] > accepted + 20, "votes accepted again", seconds=20)

    asyncio.run(disturbed(crowd, take_it_away))
    assert crowd.statuses[0] == 0
    check_ledger(Books.embedded(data), crowd.ledger)


POINTS = ("lost", "begun", "taken", "read", "looked", "archived", "counted", "checkpointed")
FAILPOINTS = [
    *(f"consumer.{point}" for point in POINTS),
    "archive.keep",
    "archive.keep_again",
    "tally.apply",
    "tally.restore",
]


@pytest.mark.parametrize("point", FAILPOINTS)
def test_f12_a_consumer_killed_at_any_point_counts_on_exactly(
    launch: Launch, data: Path, rng: random.Random, point: str
) -> None:
    server = launch("server").start()
    gateway = launch("gateway", "--server", server.address("server")).start()
    crowd, consumer = crowd_of(rng, gateway), launch("consumer")

    def kill_at_the_point() -> None:
        for turn in range(2):
            if point == "archive.keep_again":  # passed only after a crash between archive and tally
                consumer.launch(ROCKOLA_FAILPOINTS="consumer.archived=kill:1")
                assert consumer.ended() == -signal.SIGKILL
            once = turn == 0 or point == "archive.keep_again" or point.endswith(("lost", "begun", "restore", "taken"))
            consumer.launch(ROCKOLA_FAILPOINTS=f"{point}=kill:{1 if once else rng.randint(1, 4)}")
            if turn and point.endswith(("lost", "begun", "restore")):
                consumer.await_up()
                consumer.kill()  # what happens once in a log's life was passed
                return
            assert consumer.ended() == -signal.SIGKILL

    asyncio.run(disturbed(crowd, kill_at_the_point))
    consumer.start()
    check_ledger(Books.embedded(data), crowd.ledger)


def test_f47_everything_killed_at_once_and_started_in_any_order_breaks_no_promise(
    launch: Launch, data: Path, rng: random.Random
) -> None:
    server = launch("server")
    gateway = launch("gateway", "--server", server.address("server"))
    everything = [server, gateway, launch("consumer"), launch("web")]
    crowd = crowd_of(rng, gateway)

    def kill_all() -> None:
        for _ in range(20):
            rng.shuffle(everything)
            for process in everything:
                process.launch()
            for process in everything:
                process.await_up()
            time.sleep(rng.uniform(0, 0.4))
            for process in everything:
                process.kill()
        for process in everything:
            process.start()
        accepted = crowd.statuses[202]
        until(lambda: crowd.statuses[202] > accepted + 20, "votes accepted again")

    asyncio.run(disturbed(crowd, kill_all))
    check_ledger(Books.embedded(data), crowd.ledger)
