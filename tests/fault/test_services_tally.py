"""A tally that is killed, wiped, rewound or cut off, on a real Valkey: F-20 to F-23."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audit import await_counted, check_ledger
from running import Process, until
from stack import Stack, counted, more, pause, voting
from voters import Crowd
from witness import Witness

REBUILT = 10.0  # seconds until a lost tally is back


def wipe(stack: Stack) -> None:
    """Everything goes, under whoever counts."""
    assert stack.valkey.server.ask("FLUSHALL") == b"+OK\r\n"


@contextmanager
def replaced(stack: Stack) -> Iterator[Path]:
    """Killed while the block changes its folder, and started again on what is there then."""
    valkey = stack.valkey.server
    valkey.kill()
    yield valkey.folder / "appendonlydir"
    valkey.start()


def rebuilds(consumer: Process) -> float:
    """How many partitions were rebuilt."""
    return consumer.metric("rockola_rebuilds_total")


def states(witness: Witness) -> set[str]:
    """The states that the results were seen in."""
    return {event["state"] for event in witness.events}


def test_f20_a_tally_that_is_killed_five_times_stops_no_vote(shared: Stack, rng: random.Random) -> None:
    with counted(shared, rng) as (crowd, consumer):
        refused = crowd.statuses[503]
        for _ in range(5):
            pause(rng, 0, 0.5)
            put_off = consumer.metric("rockola_unavailable_total")
            shared.valkey.server.kill()
            more(crowd, 20)
            until(lambda before=put_off: consumer.metric("rockola_unavailable_total") > before, "the notice of it")
            shared.valkey.server.start()
        assert crowd.statuses[503] == refused


def test_f20_results_are_stale_while_the_tally_is_away_and_live_again_after(shared: Stack, rng: random.Random) -> None:
    _, gateway = shared.doors()
    web = shared.make("web").start()
    shared.make("consumer").start()
    crowd, witness = Crowd([gateway.address("gateway")], rng), Witness(web.address("web"))
    with voting(crowd):
        more(crowd, 50)
        until(lambda: "live" in states(witness), "live results")
        shared.valkey.server.kill()
        until(lambda: "stale" in states(witness), "stale results")
        shared.valkey.server.start()
        until(lambda: witness.events[-1]["state"] == "live", "live results again")
    witness.stop()
    check_ledger(shared.books, crowd.ledger)
    witness.check()


def test_f21_a_tally_wiped_or_replaced_by_an_empty_one_while_votes_come_is_rebuilt(
    shared: Stack, rng: random.Random
) -> None:
    with counted(shared, rng) as (crowd, consumer):
        more(crowd, 200)
        wipe(shared)
        until(lambda: rebuilds(consumer) >= 1, "the rebuild", REBUILT)
        more(crowd, 100)
        before = rebuilds(consumer)
        with replaced(shared) as folder:
            shutil.rmtree(folder)
        until(lambda: rebuilds(consumer) > before, "the rebuild", REBUILT)


def test_f21_a_tally_wiped_while_nobody_votes_is_rebuilt_and_said_to_be_recounting_meanwhile(
    shared: Stack, rng: random.Random
) -> None:
    _, gateway = shared.doors()
    consumer, web = shared.make("consumer").start(), shared.make("web").start()
    crowd, witness = Crowd([gateway.address("gateway")], rng), Witness(web.address("web"))
    with voting(crowd):
        more(crowd, 200)
    await_counted(shared.books)
    until(lambda: witness.events[-1]["state"] == "live", "live results")
    before = len(witness.events)
    wipe(shared)
    until(lambda: rebuilds(consumer) > 0, "the rebuild", REBUILT)
    until(lambda: witness.events[-1]["state"] == "live", "live results again")
    witness.stop()
    assert "recounting" in {event["state"] for event in witness.events[before:]}
    assert witness.events[-1]["rebuilds"] > witness.events[before - 1]["rebuilds"]
    assert witness.events[-1]["counted"] == witness.events[before - 1]["counted"]
    check_ledger(shared.books, crowd.ledger)


def judged(consumer: Process) -> float:
    """How many records it has counted, those that it counted again too."""
    return consumer.metric("rockola_judged_total")


def test_f22_a_tally_replaced_by_an_older_copy_counts_on_from_there(
    shared: Stack, rng: random.Random, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    with counted(shared, rng) as (_, consumer):
        with replaced(shared) as folder:
            shutil.copytree(folder, copy)
        before = judged(consumer)
        until(lambda: judged(consumer) >= before + 300, "more counts than the copy holds")
        with replaced(shared) as folder:
            shutil.rmtree(folder)
            shutil.copytree(copy, folder)
        until(lambda: judged(consumer) > sum(shared.books.positions().values()), "records that are counted again")


def test_f23_a_tally_cut_off_at_any_byte_of_its_journal_counts_right(shared: Stack, rng: random.Random) -> None:
    with counted(shared, rng) as (crowd, _):
        for _ in range(3):
            more(crowd, 100)
            with replaced(shared) as folder:
                (journal,) = folder.glob("*.incr.aof")
                with journal.open("r+b") as file:
                    file.truncate(rng.randrange(journal.stat().st_size))
