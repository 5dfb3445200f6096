"""How totals become results."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rockola.tally import Source, Totals
from rockola.vote.model import Door, Judged, Record, Verdict, Vote
from rockola.vote.rules import effect
from rockola.web.results import Results, tabulate

SOURCE = Source("g", 1, "digest")
NOW = "2026-01-31T18:00:00.000Z"
VOTES = st.builds(Vote, st.sampled_from(["Ash", "Bell"]), st.sampled_from("xyz"), st.just(2000), st.integers(0, 1000))
JUDGED = st.lists(st.tuples(VOTES, st.sampled_from(list(Verdict)[1:])), max_size=30)


def tabulated(judged: list[tuple[Vote, Verdict]]) -> Results:
    """The results of these verdicts."""
    each = [Judged(offset, verdict, Record(vote, Door.RUST, 0)) for offset, (vote, verdict) in enumerate(judged)]
    return tabulate(Totals(SOURCE, {0: len(judged)}, 0, effect(each).counts), "live", NOW)


def of(*albums: str) -> Results:
    """The results of a vote of 5 points for each of these albums."""
    return tabulated([(Vote("Ash", album, 2000, 500), Verdict.COUNTED) for album in albums])


def test_most_votes_come_first_and_equal_votes_share_a_place() -> None:
    standings = of("d", "c", "c", "b", "b", "a").candidates
    assert [(each.place, each.album) for each in standings] == [(1, "b"), (1, "c"), (3, "a"), (3, "d")]


def test_a_rank_falls_into_the_bucket_of_its_whole_points() -> None:
    ranks = [0, 99, 100, 520, 999, 1000]
    (standing,) = tabulated([(Vote("Ash", "x", 2000, rank), Verdict.COUNTED) for rank in ranks]).candidates
    assert standing.rank_histogram == (2, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1)


def test_the_mean_is_in_points() -> None:
    (standing,) = tabulated([(Vote("Ash", "x", 2000, rank), Verdict.COUNTED) for rank in (500, 540)]).candidates
    assert standing.rank_mean == 5.2


def test_partitions_are_in_order() -> None:
    assert list(tabulate(Totals(SOURCE, {10: 1, 2: 1, 0: 1}, 0, {}), "live", NOW).positions) == ["0", "2", "10"]


def test_nothing_counted_has_every_verdict_and_door_at_zero() -> None:
    nothing = tabulate(Totals(None, {}, 0, {}), "live", NOW)
    assert (set(nothing.verdicts), set(nothing.doors)) == (set(Verdict), set(Door))
    assert {*nothing.verdicts.values(), *nothing.doors.values(), nothing.counted} == {0}


@given(JUDGED)
def test_every_sum_is_the_number_of_counted_votes(judged: list[tuple[Vote, Verdict]]) -> None:
    results = tabulated(judged)
    counted = sum(verdict is Verdict.COUNTED for _, verdict in judged)
    histograms = sum(sum(each.rank_histogram) for each in results.candidates)
    votes = sum(each.votes for each in results.candidates)
    assert {results.counted, histograms, votes, sum(results.doors.values())} == {counted}


@given(JUDGED)
def test_places_fall_with_votes(judged: list[tuple[Vote, Verdict]]) -> None:
    standings = tabulated(judged).candidates
    assert all(each.place == 1 + sum(other.votes > each.votes for other in standings) for each in standings)


@given(JUDGED)
def test_results_are_json(judged: list[tuple[Vote, Verdict]]) -> None:
    results = tabulated(judged)
    assert msgspec.json.decode(msgspec.json.encode(results), type=Results) == results
