"""What verdicts promise for any log: batches, interleavings, repeats and limits change nothing they should not."""

from collections import Counter
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from building import VOTER, keyed, vote
from rockola.vote.contest import Contest, read_contest
from rockola.vote.model import Judged, Verdict, Vote, partition_of
from rockola.vote.rules import Entry, Known, asked, effect, judge, read

VOTERS = [VOTER, VOTER[::-1], "f" * 32]
IDS = ["abcdefgh", "abcdefgi", "abcdefgj"]
CLOSED = read_contest(
    'votes_per_voter = 2\n[[candidates]]\nname = "Bohemia Suburbana"\nalbum = "Ash"\n'
    '[[candidates]]\nname = "Bohemia Suburbana"\nalbum = "Bell"'
)
CONTESTS = st.sampled_from([Contest(), read_contest("votes_per_voter = 1"), CLOSED])

ALBUMS = st.sampled_from(["Ash", "Bell", "Coal"])
RANKS = st.integers(0, 1000)
VOTES = st.builds(vote, ALBUMS, st.sampled_from(["", *IDS]), st.sampled_from(["", *VOTERS]), RANKS)
WITH_ID = st.builds(vote, ALBUMS, st.sampled_from(IDS), st.sampled_from(["", *VOTERS]), RANKS)
OF_ONE_VOTER = st.lists(st.builds(vote, ALBUMS, st.sampled_from(["", *IDS]), st.just(VOTER), RANKS), max_size=8)
VALUES = VOTES.map(lambda one: keyed(one).value) | st.just(b"\xff")
SIZES = st.lists(st.integers(1, 4), max_size=30)


class Count(NamedTuple):
    """A partition counted to its end: all verdicts, and the sum of all effects."""

    judged: list[Judged]
    ids: dict[str, int]
    voters: Counter[str]
    counts: Counter[str]

    @property
    def counted(self) -> list[Vote]:
        """The votes that counted, in the log's order."""
        return [one.record.vote for one in self.judged if one.record and one.verdict is Verdict.COUNTED]


@st.composite
def logs(draw):
    """A partition whose offsets rise and may skip."""
    offset, entries = 0, []
    for value in draw(st.lists(VALUES, max_size=12)):
        offset += draw(st.integers(1, 3))
        entries.append(Entry(offset, value))
    return entries


def entries(votes: list[Vote]) -> list[Entry]:
    """A partition of votes at the offsets from 0 on."""
    return [Entry(offset, keyed(one).value) for offset, one in enumerate(votes)]


def batches(log: list[Entry], sizes: list[int]) -> list[list[Entry]]:
    """The log cut into batches of these sizes, the rest being the last."""
    cut = []
    for size in sizes:
        cut.append(log[:size])
        log = log[size:]
    return [*cut, log]


def count(log: list[Entry], contest: Contest, sizes: list[int]) -> Count:
    """Counts a partition batch by batch, asking only for what a batch says it needs."""
    total = Count([], {}, Counter(), Counter())
    for batch in batches(log, sizes):
        readings = read(batch)
        ids, voters = asked(readings)
        known = Known({i: total.ids[i] for i in ids if i in total.ids}, {v: total.voters[v] for v in voters})
        judged = judge(readings, known, contest)
        added = effect(judged)
        total.judged.extend(judged)
        total.ids.update(added.ids)
        total.voters.update(added.voters)
        total.counts.update(added.counts)
    return total


def partitioned(votes: list[Vote], partitions: int) -> list[list[Entry]]:
    """The votes in the partitions of their keys, in the order they came."""
    logs: list[list[Vote]] = [[] for _ in range(partitions)]
    for one in votes:
        logs[partition_of(one.key, partitions)].append(one)
    return [entries(log) for log in logs]


def interleaved(draw: st.DrawFn, queues: dict[str, list[Vote]]) -> list[Vote]:
    """The votes of several voters in any order that keeps each voter's own."""
    turns = draw(st.permutations([voter for voter, votes in queues.items() for _ in votes]))
    left = {voter: iter(votes) for voter, votes in queues.items()}
    return [next(left[voter]) for voter in turns]


@given(logs(), CONTESTS, SIZES)
def test_a_log_is_counted_the_same_in_any_batches(log, contest, sizes):
    assert count(log, contest, sizes) == count(log, contest, [])


@given(logs(), CONTESTS)
def test_a_log_is_judged_the_same_every_time(log, contest):
    readings = read(log)
    known = Known({"abcdefgh": 0}, {VOTER: 1})
    assert judge(readings, known, contest) == judge(readings, known, contest)


@given(logs(), CONTESTS)
def test_judging_leaves_what_is_known_as_it_was(log, contest):
    known = Known({"abcdefgh": 0}, {VOTER: 1})
    judge(read(log), known, contest)
    assert known == Known({"abcdefgh": 0}, {VOTER: 1})


@given(logs(), CONTESTS, SIZES)
def test_each_record_gets_one_verdict(log, contest, sizes):
    assert [one.offset for one in count(log, contest, sizes).judged] == [entry.offset for entry in log]


@given(logs(), CONTESTS, SIZES)
def test_verdicts_add_up_to_the_records(log, contest, sizes):
    counts = count(log, contest, sizes).counts
    assert sum(number for field, number in counts.items() if field.startswith('["verdict",')) == len(log)


@given(st.lists(WITH_ID, max_size=20), st.integers(1, 7), SIZES)
def test_repeats_count_once_a_voter_and_id_in_any_order_and_batches(votes, partitions, sizes):
    logs = partitioned(votes, partitions)
    counted = [one.memory for log in logs for one in count(log, Contest(), sizes).counted]
    assert sorted(counted) == sorted({one.memory for one in votes})


@given(st.lists(WITH_ID, max_size=20), SIZES)
def test_of_repeats_the_lowest_offset_counts(votes, sizes):
    lowest: dict[str, int] = {}
    for offset, one in enumerate(votes):
        lowest.setdefault(one.memory, offset)
    assert count(entries(votes), Contest(), sizes).ids == lowest


@given(st.lists(WITH_ID, max_size=20), SIZES)
def test_a_duplicate_names_the_vote_that_counted(votes, sizes):
    total = count(entries(votes), Contest(), sizes)
    repeats = [one for one in total.judged if one.verdict is Verdict.DUPLICATE]
    assert [one.duplicate_of for one in repeats] == [total.ids[one.record.vote.memory] for one in repeats]


@given(st.data(), CONTESTS)
def test_the_order_of_different_voters_changes_no_total(data, contest):
    voter_votes = st.lists(st.tuples(ALBUMS, st.sampled_from(["", *IDS]), RANKS), max_size=4)
    queues = {v: [vote(a, i, v, r) for a, i, r in data.draw(voter_votes)] for v in VOTERS}
    one, other = (interleaved(data.draw, queues) for _ in range(2))
    assert count(entries(one), contest, []).counts == count(entries(other), contest, []).counts


@given(st.data(), OF_ONE_VOTER, CONTESTS)
def test_the_order_of_one_voters_votes_changes_only_which_of_them_win(data, votes, contest):
    other = data.draw(st.permutations(votes))
    assert len(count(entries(votes), contest, []).counted) == len(count(entries(other), contest, []).counted)


@given(st.lists(st.sampled_from([f"abcdefg{n}" for n in range(9)]), max_size=20), st.integers(1, 10), SIZES)
def test_a_voter_has_the_lesser_of_limit_and_ids(ids, limit, sizes):
    contest = Contest(votes_per_voter=limit)
    votes = [vote(id=one, voter=VOTER) for one in ids]
    assert len(count(entries(votes), contest, sizes).counted) == min(limit, len(set(ids)))
