"""Verdicts: each record gets the first that fits, and only counted votes are remembered and added up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import AT, VOTER, keyed, vote
from rockola.vote.codec import encode_record
from rockola.vote.contest import Contest, read_contest
from rockola.vote.model import Door, Verdict, Vote
from rockola.vote.rules import Effect, Entry, Judged, Known, asked, effect, judge, read

OTHER = VOTER[::-1]
NOTHING = Known({}, {})
OPEN = Contest()
ONE_EACH = read_contest("votes_per_voter = 1")
CLOSED = read_contest('votes_per_voter = 1\n[[candidates]]\nname = "Bohemia Suburbana"\nalbum = "Mis palabras"')
ABSENT = "Sin nombre"
JUNK = b"\xff"


def log(*votes: Vote | bytes) -> list[Entry]:
    """A partition: votes, or bytes that are none, at the offsets 0, 10, 20."""
    return [Entry(10 * number, one if isinstance(one, bytes) else keyed(one).value) for number, one in enumerate(votes)]


def judged(*votes: Vote | bytes, contest: Contest = OPEN, known: Known = NOTHING) -> list[Judged]:
    """The verdicts of a partition that holds these."""
    return judge(read(log(*votes)), known, contest)


def verdicts(*votes: Vote | bytes, contest: Contest = OPEN, known: Known = NOTHING) -> list[str]:
    """The verdicts alone, by name."""
    return [one.verdict.value for one in judged(*votes, contest=contest, known=known)]


def counts(*votes: Vote | bytes) -> dict[str, int]:
    """What a tally adds for these, its fields as they are written."""
    return dict(effect(judged(*votes)).counts)


def test_a_repeat_with_the_same_id_is_a_duplicate_of_the_first():
    """B-56."""
    one = vote(id="abcdefgh")
    assert [judged.duplicate_of for judged in judged(one, one, one)] == [None, 0, 0]


def test_a_repeat_with_another_choice_is_a_duplicate():
    """B-57."""
    assert verdicts(vote("Mis palabras", "abcdefgh"), vote("El Viaje", "abcdefgh")) == ["counted", "duplicate"]


def test_the_same_id_of_another_voter_is_another_vote():
    """B-58."""
    votes = [vote(id="abcdefgh", voter=voter) for voter in (VOTER, OTHER, "")]
    assert verdicts(*votes) == ["counted"] * 3


def test_votes_without_an_id_are_each_counted():
    assert verdicts(vote(), vote(), vote()) == ["counted"] * 3


def test_what_was_counted_before_makes_a_duplicate():
    known = Known({f"{VOTER}/abcdefgh": 7}, {VOTER: 1})
    assert judged(vote(id="abcdefgh", voter=VOTER), known=known)[0].duplicate_of == 7


def test_a_voter_has_as_many_votes_as_the_contest_gives():
    contest = read_contest("votes_per_voter = 2")
    assert verdicts(*[vote(voter=VOTER)] * 4, contest=contest) == ["counted"] * 2 + ["over_limit"] * 2


def test_votes_had_before_count_towards_the_limit():
    assert verdicts(vote(voter=VOTER), contest=ONE_EACH, known=Known({}, {VOTER: 1})) == ["over_limit"]


def test_a_vote_without_a_voter_meets_no_limit():
    assert verdicts(vote(), vote(), contest=ONE_EACH) == ["counted", "counted"]


def test_the_consumer_judges_the_catalogue_again():
    assert verdicts(vote(), vote(ABSENT), contest=CLOSED) == ["counted", "not_in_catalogue"]


def test_a_candidate_that_is_spelled_otherwise_is_not_in_the_catalogue():
    assert verdicts(vote("MIS PALABRAS"), contest=CLOSED) == ["not_in_catalogue"]


def test_only_counted_votes_are_remembered():
    refused, good = vote(ABSENT, "abcdefgh", VOTER), vote(id="abcdefgh", voter=VOTER)
    assert verdicts(refused, good, contest=CLOSED) == ["not_in_catalogue", "counted"]


def test_a_vote_over_the_limit_stays_over_it_when_repeated():
    votes = [vote(id=id_, voter=VOTER) for id_ in ("abcdefgh", "abcdefgi", "abcdefgi")]
    assert verdicts(*votes, contest=ONE_EACH) == ["counted", "over_limit", "over_limit"]


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (JUNK, "unreadable"),
        (vote(ABSENT, "abcdefgh", VOTER), "not_in_catalogue"),
        (vote(id="abcdefgh", voter=VOTER), "duplicate"),
        (vote(id="abcdefgi", voter=VOTER), "over_limit"),
        (vote(id="abcdefgi", voter=OTHER), "counted"),
    ],
)
def test_verdicts_are_tried_in_their_order(one, verdict):
    known = Known({f"{VOTER}/abcdefgh": 7}, {VOTER: 1})
    assert verdicts(one, contest=CLOSED, known=known) == [verdict]


def test_an_unreadable_record_keeps_its_bytes():
    assert judged(JUNK) == [Judged(0, Verdict.UNREADABLE, None, raw=JUNK)]


def test_a_verdict_keeps_the_offset_of_its_record():
    assert [one.offset for one in judged(vote(), JUNK, vote())] == [0, 10, 20]


def test_ids_and_voters_of_a_batch_are_asked_for_once():
    votes = [vote(id="abcdefgh", voter=VOTER), vote(id="abcdefgh", voter=VOTER), vote(id="abcdefgi"), vote(), JUNK]
    ids, voters = asked(read(log(*votes)))
    assert (sorted(ids), voters) == ([f"{VOTER}/abcdefgh", "abcdefgi"], [VOTER])


def test_a_batch_adds_the_ids_it_counted_with_their_offsets():
    one = vote(id="abcdefgh")
    assert effect(judged(vote(), one, one)).ids == {"abcdefgh": 10}


def test_a_batch_adds_the_votes_its_voters_had():
    votes = [vote(voter=VOTER), vote(voter=VOTER), vote(voter=OTHER), vote(id="abcdefgh")]
    assert effect(judged(*votes)).voters == {VOTER: 2, OTHER: 1}


def test_a_batch_adds_to_each_field_of_the_counts():
    one = vote(id="abcdefgh", rank=950)
    assert counts(one, one, vote(rank=900), JUNK) == {
        '["verdict","counted"]': 2,
        '["verdict","duplicate"]': 1,
        '["verdict","unreadable"]': 1,
        '["door","grpc"]': 2,
        '["votes","Bohemia Suburbana","Mis palabras"]': 2,
        '["sum","Bohemia Suburbana","Mis palabras"]': 1850,
        '["rank","Bohemia Suburbana","Mis palabras",9]': 2,
        f'["minute","Bohemia Suburbana","Mis palabras",{AT // 60_000}]': 2,
    }


@pytest.mark.parametrize(("rank", "bar"), [(0, 0), (99, 0), (100, 1), (999, 9), (1000, 10)])
def test_a_rank_falls_into_the_bar_of_its_whole_number(rank, bar):
    assert f'["rank","Bohemia Suburbana","Mis palabras",{bar}]' in counts(vote(rank=rank))


@pytest.mark.parametrize(("at", "minute"), [(0, 0), (59_999, 0), (60_000, 1), (AT, 28_333_333)])
def test_a_vote_falls_into_the_minute_it_came_in(at, minute):
    entry = Entry(0, encode_record(vote(), Door.RUST, at))
    added = effect(judge(read([entry]), NOTHING, OPEN)).counts
    assert f'["minute","Bohemia Suburbana","Mis palabras",{minute}]' in added


def test_an_empty_batch_adds_nothing():
    assert effect([]) == Effect({}, {}, {})


@given(st.text('a"\\\u00f1,[', min_size=1, max_size=9), st.text('a"\\\u00f1,[', min_size=1, max_size=9))
def test_a_field_is_json_whatever_a_band_is_called(name, album):
    added = effect(judged(Vote(name, album, 1997, 950))).counts
    assert ["votes", name, album] in [json.loads(field) for field in added]
