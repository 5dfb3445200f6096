"""What every tally promises."""

from contextlib import closing

import pytest

from building import VOTER, albums, counted, nothing, step, vote
from rockola.opening import open_tally
from rockola.tally import Applied, Moved, Source, Step, Tally
from rockola.vote.errors import WrongLog
from rockola.vote.model import Judged, Verdict
from rockola.vote.rules import Known, effect

SOURCE = Source("abcdefghijklmnopqrstuv", 2, "digest")
ASH, BELL = vote("Ash", "id-of-ash"), vote("Bell", "id-of-bell", VOTER)


def test_a_step_is_counted_and_moves_the_position(tally: Tally) -> None:
    assert tally.apply(step(0, ASH, BELL)) == Applied(2)
    assert tally.position(0) == 2
    assert albums(tally.totals().counts) == {"Ash": 1, "Bell": 1}


def test_it_is_revealed_once_and_for_all(tally: Tally, tally_url: str) -> None:
    assert not tally.totals().revealed
    assert tally.reveal()
    with closing(open_tally(tally_url)) as again:
        assert again.totals().revealed


def test_there_is_nothing_to_reveal_before_a_log_is_counted(tally_url: str) -> None:
    with closing(open_tally(tally_url)) as empty:
        assert (empty.reveal(), empty.totals().revealed) == (False, False)


def test_a_step_delivered_twice_is_counted_once(tally: Tally) -> None:
    for _ in range(2):
        outcome = tally.apply(step(0, ASH, BELL))
    assert outcome == Moved(2)
    assert albums(tally.totals().counts) == {"Ash": 1, "Bell": 1}


def test_a_step_from_elsewhere_than_the_position_changes_nothing(tally: Tally) -> None:
    before = tally.totals()
    assert tally.apply(step(5, ASH)) == Moved(0)
    assert tally.totals() == before


def test_a_position_beyond_two_to_the_fifty_third_is_compared_exactly(tally: Tally, tally_url: str) -> None:
    far = 2**53
    tally.apply(Step(0, 0, far, nothing()))
    assert tally.apply(step(far + 1, ASH)) == Moved(far)
    assert tally.apply(step(far, ASH)) == Applied(far + 1)


def test_counts_are_summed_over_partitions(tally: Tally) -> None:
    tally.apply(step(0, ASH))
    tally.apply(step(0, vote("Ash"), partition=1))
    totals = tally.totals()
    assert (albums(totals.counts), totals.positions) == ({"Ash": 2}, {0: 1, 1: 1})


def test_ids_and_voters_of_counted_votes_are_remembered(tally: Tally) -> None:
    tally.apply(step(0, ASH, BELL))
    known = tally.look(0, 2, ["id-of-ash", BELL.memory, "id-of-none"], [VOTER, "f" * 32])
    assert known == Known({"id-of-ash": 0, BELL.memory: 1}, {VOTER: 1})


def test_an_id_is_remembered_in_its_partition_alone(tally: Tally) -> None:
    tally.apply(step(0, ASH))
    assert tally.look(1, 0, ["id-of-ash"], []) == Known({}, {})


def test_a_voters_votes_add_up(tally: Tally) -> None:
    for start in range(3):
        tally.apply(step(start, vote(voter=VOTER)))
    assert tally.look(0, 3, [], [VOTER]) == Known({}, {VOTER: 3})


def test_looking_from_elsewhere_than_the_position_says_where_it_is(tally: Tally) -> None:
    tally.apply(step(0, ASH))
    assert tally.look(0, 0, ["id-of-ash"], []) == Moved(1)


def test_a_partition_that_was_never_begun_is_lost(tally_url: str) -> None:
    tally = open_tally(tally_url)
    tally.bind(SOURCE)
    assert (tally.position(0), tally.look(0, 0, [], []), tally.apply(step(0, ASH))) == (None, Moved(None), Moved(None))
    tally.close()


def test_a_lost_partition_is_restored_at_its_position(tally_url: str) -> None:
    tally = open_tally(tally_url)
    tally.bind(SOURCE)
    assert tally.restore(0, 9, [effect([counted(0, ASH)]), effect([counted(7, BELL)])])
    assert tally.look(0, 9, ["id-of-ash", BELL.memory], [VOTER]) == Known({"id-of-ash": 0, BELL.memory: 7}, {VOTER: 1})
    assert albums(tally.totals().counts) == {"Ash": 1, "Bell": 1}
    tally.close()


def test_a_partition_that_is_not_lost_is_not_restored(tally: Tally) -> None:
    tally.apply(step(0, ASH))
    assert not tally.restore(0, 9, [effect([counted(0, BELL)])])
    assert (tally.position(0), albums(tally.totals().counts)) == (1, {"Ash": 1})


def test_a_restore_that_fails_half_way_leaves_the_partition_lost(tally_url: str) -> None:
    def effects():
        yield effect([counted(0, ASH)])
        raise RuntimeError("the archive went away")

    tally = open_tally(tally_url)
    tally.bind(SOURCE)
    with pytest.raises(RuntimeError):
        tally.restore(0, 9, effects())
    assert (tally.position(0), tally.totals().counts) == (None, {})
    tally.close()


def test_rebuilds_rise_when_counted_votes_were_written_anew(tally_url: str) -> None:
    tally = open_tally(tally_url)
    tally.bind(SOURCE)
    tally.restore(0, 0, [])
    new = tally.totals().rebuilds
    tally.restore(1, 5, [])
    assert tally.totals().rebuilds > new == 0
    tally.close()


def test_every_verdict_is_counted_and_only_counted_votes_by_candidate(tally: Tally) -> None:
    refused = Judged(1, Verdict.OVER_LIMIT, counted(1, BELL).record)
    tally.apply(Step(0, 0, 3, effect([counted(0, ASH), refused, Judged(2, Verdict.UNREADABLE, None)])))
    counts = tally.totals().counts
    assert albums(counts) == {"Ash": 1}
    assert {v: counts[f'["verdict","{v}"]'] for v in ("counted", "over_limit", "unreadable")} == {
        "counted": 1,
        "over_limit": 1,
        "unreadable": 1,
    }


def test_counts_by_minute_are_apart_from_the_totals(tally: Tally) -> None:
    tally.apply(Step(0, 0, 2, effect([counted(0, ASH, at=60_000), counted(1, ASH, at=180_000)])))
    assert dict(tally.minutes(2)) == {'["minute","Bohemia Suburbana","Ash",3]': 1}
    assert not [field for field in tally.totals().counts if "minute" in field]


def test_what_was_counted_is_there_for_whoever_opens_it_next(tally: Tally, tally_url: str) -> None:
    tally.apply(step(0, ASH))
    other = open_tally(tally_url)
    assert other.totals() == tally.totals()
    assert tally.totals().source == SOURCE
    other.close()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (SOURCE._replace(generation="another-log-0123456789"), "is another-log-0123456789"),
        (SOURCE._replace(partitions=3), "the log has 3"),
        (SOURCE._replace(contest="another"), "another contest file"),
    ],
)
def test_another_source_is_refused_with_its_reason(tally: Tally, source: Source, reason: str) -> None:
    with pytest.raises(WrongLog, match=reason):
        tally.bind(source)
