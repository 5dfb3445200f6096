"""The tally in Redis and Valkey, alone and as a cluster: its scripts, its rebuild and its memory."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any
from uuid import UUID

import pytest
from redis.exceptions import ResponseError

from building import VOTER, albums, counted, nothing, step, vote
from rediskeys import KINDS, SOURCE, begun, bound, held, keys, spoil, wipe
from rockola.tally import Applied, Moved, Step, Tally
from rockola.tally.redis import RedisTally
from rockola.tally.redis_server import Server
from rockola.vote.errors import Unavailable, Unfit
from rockola.vote.rules import Effect, Known, effect
from services import Own

ASH, BELL = vote("Ash", "id-of-ash"), vote("Bell", "id-of-bell", VOTER)


@pytest.fixture
def tally(redis_url: str) -> Iterator[Tally]:
    """A tally of two partitions, begun; in the first are two votes."""
    with closing(bound(redis_url)) as opened:
        for partition in range(2):
            opened.restore(partition, 0, [])
        opened.apply(step(0, ASH, BELL))
        yield opened


@pytest.fixture
def server(redis_url: str) -> Iterator[Server]:
    """The same keys, without what the tally makes of them."""
    with closing(Server(redis_url)) as opened:
        yield opened


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_on_a_key_of_another_type_is_refused_and_changes_nothing(
    tally: Tally, server: Server, kind: str
) -> None:
    spoil(server, keys(server)[KINDS.index(kind)])
    before = held(server)
    with pytest.raises(Unfit, match="holds something else under one of its keys"):
        tally.apply(step(2, ASH, BELL))
    assert held(server) == before


@pytest.mark.parametrize("kind", KINDS[:3])
def test_a_look_at_a_key_of_another_type_is_refused(tally: Tally, server: Server, kind: str) -> None:
    spoil(server, keys(server)[KINDS.index(kind)])
    with pytest.raises(Unfit, match="holds something else"):
        tally.look(0, 2, ["id-of-ash"], [VOTER])


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_rebuild_onto_a_key_of_another_type_is_refused_and_changes_nothing(
    redis_url: str, server: Server, kind: str
) -> None:
    with closing(bound(redis_url)) as tally:
        spoil(server, keys(server)[KINDS.index(kind)])
        before = held(server)
        with pytest.raises(Unfit, match="holds something else"):
            tally.restore(0, 9, [effect([counted(0, BELL)])])
        assert held(server) == before


def test_a_source_that_is_none_is_refused(redis_url: str, server: Server) -> None:
    spoil(server, f"{server.prefix}rockola")
    with pytest.raises(Unfit, match="holds something else"):
        bound(redis_url)


def test_a_hash_votes_of_another_type_is_refused(tally: Tally, server: Server) -> None:
    spoil(server, f"{server.prefix}votes")
    with pytest.raises(Unfit, match=f"{server.prefix}votes"):
        tally.look(0, 2, [], [])


def test_arguments_at_random_change_everything_they_say_or_nothing(tally: Tally, server: Server) -> None:
    chance, words = random.Random(5), ["-1", "1.5", "nan", "inf", "", "x", "9" * 400, "0x10", "-"]
    outcomes = set()
    for _ in range(400):
        tail = [
            chance.choice(words) if chance.random() < 0.1 else chance.choice("01") for _ in range(chance.randrange(12))
        ]
        before = held(server)
        try:
            outcomes.add(server.run("apply", keys(server), ["2", "2", "", "", *tail])[0])
        except ResponseError:
            outcomes.add("refused")
            assert held(server) == before, tail
    assert outcomes == {1, "refused"}


@pytest.mark.parametrize("wrong", [("2", "two", ""), ("2", "3", "0"), ("2", "3", "9" * 9), ("2", "3", "soon")])
def test_a_position_or_time_that_is_no_number_changes_nothing(tally: Tally, server: Server, wrong: tuple[str]) -> None:
    start, following, seconds = wrong
    before = held(server)
    with pytest.raises(ResponseError, match="a position or time is no number"):
        server.run("apply", keys(server), [start, following, "", seconds, "0", "0", "0"])
    assert held(server) == before


@pytest.mark.parametrize("count", ["nan", "inf", "-3", str(2**53)])
def test_a_count_that_could_not_be_added_to_exactly_changes_nothing(tally: Tally, server: Server, count: str) -> None:
    before = held(server)
    with pytest.raises(ResponseError, match="a count is no number"):
        server.run("apply", keys(server), ["2", "3", "", "", "0", "0", "1", '["verdict","counted"]', count])
    assert held(server) == before


def test_a_count_that_is_no_number_is_not_added_to(tally: Tally, server: Server) -> None:
    with server.client() as client:
        client.hset(keys(server)[2], bytes.fromhex(VOTER), "many")
    before = held(server)
    with pytest.raises(ResponseError, match="arithmetic"):
        tally.apply(step(2, ASH, BELL))
    assert held(server) == before


def test_a_step_of_many_thousand_votes_is_one_script(tally: Tally) -> None:
    votes = [vote(f"Album {n}", f"id-number-{n}", f"{n:032x}") for n in range(5000)]
    tally.apply(step(2, *votes))
    known = tally.look(0, 5002, [one.memory for one in votes], [one.voter for one in votes])
    assert known == Known({one.memory: n for n, one in enumerate(votes, 2)}, {one.voter: 1 for one in votes})
    assert len(albums(tally.totals().counts)) == 5002


def test_an_offset_of_any_size_is_remembered(tally: Tally) -> None:
    far = 2**62
    tally.apply(Step(0, 2, far, nothing()))
    tally.apply(step(far, vote("Ash", "id-far-away")))
    assert tally.look(0, far + 1, ["id-far-away"], []) == Known({"id-far-away": far}, {})


def test_a_server_that_forgot_the_scripts_is_sent_them_again(own_redis: Callable[..., Any]) -> None:
    url = own_redis().url
    with closing(begun(url)) as tally, closing(Server(url)) as server:
        with server.client() as client:
            client.script_flush()
        assert tally.apply(step(1, ASH)) == Applied(2)


class Repeating(Server):
    """The driver sends a call again when the connection was lost before the answer came."""

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[object]) -> Any:
        super().run(script, keys, arguments)
        return super().run(script, keys, arguments)


def test_calls_that_reach_the_server_twice_count_once(redis_url: str) -> None:
    with closing(RedisTally(Repeating(redis_url))) as tally:
        tally.bind(SOURCE)
        tally.restore(0, 2, [effect([counted(offset, ASH)]) for offset in range(2)])
        assert tally.apply(step(2, BELL)) == Moved(3)
        assert (tally.position(0), albums(tally.totals().counts)) == (3, {"Ash": 2, "Bell": 1})


@pytest.mark.parametrize("after", [1, 2], ids=["half-way", "at-the-end"])
def test_a_wipe_during_a_rebuild_leaves_the_partition_lost(redis_url: str, server: Server, after: int) -> None:
    def effects() -> Iterator[Effect]:
        for offset in range(2):
            yield effect([counted(offset, ASH)])
            if offset + 1 == after:
                wipe(server)

    with closing(bound(redis_url)) as tally:
        with pytest.raises(Unavailable):
            tally.restore(0, 2, effects())
        assert (tally.position(0), tally.look(0, 0, [], []), held(server).keys()) == (
            None,
            Moved(None),
            {f"{server.prefix}rockola"},
        )


def test_of_two_rebuilds_at_once_one_wins(redis_url: str, server: Server) -> None:
    def effects() -> Iterator[Effect]:
        yield effect([counted(0, ASH)])
        with closing(bound(redis_url)) as other:
            assert other.restore(0, 2, [effect([counted(0, ASH), counted(1, BELL)])])

    with closing(bound(redis_url)) as tally:
        assert not tally.restore(0, 1, effects())
        assert (tally.position(0), albums(tally.totals().counts)) == (2, {"Ash": 1, "Bell": 1})
    assert not [key for key in held(server) if ":new:" in key]


def test_what_a_rebuild_writes_goes_away_when_it_is_abandoned(redis_url: str, server: Server) -> None:
    lives: dict[str, int] = {}

    def effects() -> Iterator[Effect]:
        yield effect([counted(0, BELL)])
        with server.client() as client:
            lives.update({key: client.ttl(key) for key in held(server) if ":new:" in key})

    with closing(bound(redis_url)) as tally:
        tally.restore(0, 1, effects())
    assert (len(lives), {0 < seconds <= 120 for seconds in lives.values()}) == (4, {True})
    with server.client() as client:
        assert {client.ttl(key) for key in keys(server)} == {-1}


def test_a_rebuild_in_large_effects_is_whole(redis_url: str) -> None:
    votes = [vote("Ash", f"id-number-{n}", f"{n:032x}") for n in range(5000)]
    with closing(bound(redis_url)) as tally:
        tally.restore(0, 5000, [effect([counted(n, one) for n, one in enumerate(votes)])])
        assert albums(tally.totals().counts) == {"Ash": 5000}
        assert len(tally.look(0, 5000, [one.memory for one in votes], []).ids) == 5000


def test_what_is_left_of_a_lost_partition_is_not_counted(tally: Tally, server: Server) -> None:
    with server.client() as client:
        client.delete(keys(server)[0])
    assert tally.restore(0, 1, [effect([counted(0, ASH)])])
    assert tally.look(0, 1, ["id-of-ash", BELL.memory], [VOTER]) == Known({"id-of-ash": 0}, {})
    assert sum(tally.minutes(0).values()) == 1


@pytest.mark.parametrize("voters", [0, 1], ids=["id", "voter-and-id"])
def test_a_vote_with_an_id_takes_at_most_80_bytes_of_valkey(own: Own, voters: int) -> None:
    url = own("valkey").url
    votes = 166_667  # a partition's share of a million
    chance = random.Random(3)
    names = [f"{chance.getrandbits(128):032x}" for _ in range(votes)]
    ids = {f"{name}/" * voters + str(UUID(name)): offset for offset, name in enumerate(names)}
    with closing(bound(url)) as tally, closing(Server(url)) as server, server.client() as client:
        tally.restore(0, votes, [Effect(ids, dict.fromkeys(names * voters, 1), {})])
        taken = sum(client.memory_usage(key, samples=0) or 0 for key in keys(server))
    assert taken / votes <= 80
