"""The hash `votes`, for dashboards that read Redis themselves, and what all keys together promise."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from building import AT, counted, step, vote
from rediskeys import SOURCE, bound, wipe
from rockola.opening import open_tally
from rockola.tally import Step, Tally, Totals
from rockola.tally.redis_server import Server
from rockola.vote.errors import WrongLog
from rockola.vote.model import Vote
from rockola.vote.rules import effect
from running import until

ASH, BELL = vote("Ash"), vote("Bell")
ALBUMS = ["Ash", "Élan «7»", 'Of "quotes"']
LATER = AT // 60_000 + 2  # a minute


@pytest.fixture
def two(redis_url: str) -> Iterator[tuple[Tally, Tally]]:
    """Two tallies on the same keys, and both partitions begun."""
    with closing(bound(redis_url)) as one, closing(bound(redis_url)) as other:
        for partition in range(2):
            one.restore(partition, 0, [])
        yield one, other


@pytest.fixture
def server(redis_url: str) -> Iterator[Server]:
    with closing(Server(redis_url)) as opened:
        yield opened


def shown(server: Server) -> dict[str, int]:
    """The hash, as a dashboard reads it."""
    with server.client() as client:
        return {album.decode(): int(number) for album, number in client.hgetall(f"{server.prefix}votes").items()}


def becomes(server: Server, wanted: dict[str, int], *looking: Tally) -> None:
    """Idle consumers look again and again; the hash is as wanted soon after."""

    def holds() -> bool:
        for tally in looking:
            tally.look(0, 0, [], [])
        return shown(server) == wanted

    until(holds, f"the hash {wanted}")


def test_the_hash_shows_what_was_counted_in_all_partitions_whoever_counted_it(
    two: tuple[Tally, Tally], server: Server
) -> None:
    one, other = two
    becomes(server, {}, one, other)
    for start in range(3):
        one.apply(step(start, ASH))
        other.apply(step(start, BELL, partition=1))
    becomes(server, {"Ash": 3, "Bell": 3}, one, other)
    other.apply(step(3, ASH, partition=1))
    becomes(server, {"Ash": 4, "Bell": 3}, one, other)


def test_albums_of_one_name_are_shown_together(two: tuple[Tally, Tally], server: Server) -> None:
    one, _ = two
    one.apply(step(0, Vote("A band", "Live", 1990, 500), Vote("Another", "Live", 1991, 500)))
    becomes(server, {"Live": 2}, one)


def test_albums_that_are_gone_leave_the_hash(two: tuple[Tally, Tally], server: Server) -> None:
    one, _ = two
    one.apply(step(0, ASH, BELL))
    becomes(server, {"Ash": 1, "Bell": 1}, one)
    wipe(server)
    one.restore(0, 1, [effect([counted(0, ASH)])])
    becomes(server, {"Ash": 1}, one)


def test_a_number_that_somebody_else_wrote_is_put_right(two: tuple[Tally, Tally], server: Server) -> None:
    one, _ = two
    one.apply(step(0, ASH))
    with server.client() as client:
        client.hset(f"{server.prefix}votes", mapping={"Ash": 99, "Elm": 7})
    becomes(server, {"Ash": 1}, one)


def test_everything_wiped_is_lost_and_comes_back_with_its_source(two: tuple[Tally, Tally], server: Server) -> None:
    one, _ = two
    one.apply(step(0, ASH))
    wipe(server)
    assert (one.position(0), one.totals()) == (None, Totals(None, {}, 0, {}))
    one.restore(0, 1, [effect([counted(0, ASH)])])
    assert one.totals().source == SOURCE


def test_a_source_that_was_lost_alone_is_written_again(two: tuple[Tally, Tally], server: Server) -> None:
    one, _ = two
    with server.client() as client:
        client.delete(f"{server.prefix}rockola")
    until(lambda: one.look(0, 0, [], []) and one.totals().source == SOURCE, "the source")


def test_a_tally_that_counts_another_log_by_now_is_refused(two: tuple[Tally, Tally], server: Server) -> None:
    one, _ = two
    wipe(server)
    with server.client() as client:
        client.set(f"{server.prefix}rockola", '{"generation":"another","partitions":2,"contest":"digest"}')
    with pytest.raises(WrongLog, match="counts the log another"):
        one.look(0, 0, [], [])


def test_totals_agree_with_their_positions_at_every_moment(two: tuple[Tally, Tally]) -> None:
    one, _ = two
    with ThreadPoolExecutor(4) as pool:
        for start in range(0, 200, 2):
            read = [pool.submit(one.totals) for _ in range(4)]
            for partition in range(2):
                one.apply(step(start, ASH, BELL, partition=partition))
            for totals in (each.result() for each in read):
                assert totals.counts.get('["verdict","counted"]', 0) == sum(totals.positions.values())


def test_the_same_steps_give_the_same_as_on_files(two: tuple[Tally, Tally], tmp_path: Path) -> None:
    chance = random.Random(11)
    with closing(bound(f"sqlite:///{tmp_path}/tally.db")) as files:
        for partition in range(2):
            files.restore(partition, 0, [])
        for _ in range(100):
            one = at_random(chance, files)
            assert chance.choice(two).apply(one) == files.apply(one)
            asked = (one.partition, one.next, [*one.effect.ids, "id-of-none"], [*one.effect.voters, "f" * 32])
            assert [each.look(*asked) for each in two] == [files.look(*asked)] * 2
        assert [each.totals() for each in two] == [files.totals()] * 2
        assert dict(two[0].minutes(LATER)) == dict(files.minutes(LATER)) != {}


def at_random(chance: random.Random, tally: Tally) -> Step:
    """A step of votes by few voters, mostly from the position."""
    partition, length = chance.randrange(2), chance.randrange(1, 5)
    start = chance.choice([0, *[tally.position(partition) or 0] * 4])
    judged = [
        counted(offset, vote(chance.choice(ALBUMS), an_id(chance), a_voter(chance)), AT + 60_000 * chance.randrange(4))
        for offset in range(start, start + length)
    ]
    return Step(partition, start, start + length, effect(judged))


def an_id(chance: random.Random) -> str:
    return chance.choice(["", f"id-number-{chance.getrandbits(64)}"])


def a_voter(chance: random.Random) -> str:
    return chance.choice(["", f"{chance.randrange(3):032x}"])


def test_a_hidden_contest_keeps_the_hash_empty_until_it_is_revealed(redis_url: str, server: Server) -> None:
    with closing(open_tally(redis_url)) as tally:
        tally.bind(SOURCE, hidden=True)
        tally.restore(0, 0, [])
        tally.apply(step(0, ASH))
        tally.look(0, 1, [], [])
        assert shown(server) == {}
        tally.reveal()
        becomes(server, {"Ash": 1}, tally)
