"""rockola.v1: messages are read as they were sent, checked again, and refused one vote at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import VOTER
from rockola.vote.codec import Ballots, read_outcome, read_outcomes, write_outcomes, write_place, write_votes
from rockola.vote.contest import Contest, read_contest
from rockola.vote.errors import InvalidVote, MalformedVote
from rockola.vote.model import Door, Place, Vote
from rockola.vote.vote_pb2 import Receipt
from rockola.vote.vote_pb2 import Vote as Message
from rockola.vote.vote_pb2 import Votes as Messages
from rockola.vote.voter import voter_digest

SECRET = b"a secret"
BALLOTS = Ballots(SECRET, Contest())

NAMES = st.text('Añ\U0001f3b8\u200d:"\\', min_size=1, max_size=80)
IDS = st.just("") | st.from_regex(r"[A-Za-z0-9_.:-]{8,128}", fullmatch=True)
DIGESTS = st.just("") | st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
VOTES = st.builds(Vote, NAMES, NAMES, st.integers(1900, 2100), st.integers(0, 1000), IDS, DIGESTS)
NUMBERS = st.integers(0, 2**32 - 1)
TEXT = st.text(max_size=90)
MESSAGES = st.builds(
    Message,
    name=NAMES | TEXT,
    album=NAMES | TEXT,
    year=st.integers(1900, 2100) | NUMBERS,
    rank=st.integers(0, 1000) | NUMBERS,
    id=IDS | TEXT,
    voter=st.just("") | TEXT,
    voter_digest=DIGESTS | TEXT,
)
PLACES = st.builds(Place, st.from_regex(r"[A-Za-z0-9_-]{22}", fullmatch=True), NUMBERS, st.integers(0, 2**64 - 1))


def message(**fields: object) -> bytes:
    """A `Vote` message that is right but for these fields."""
    return Message(**{"name": "Ash", "album": "Bell", "year": 1997, "rank": 950} | fields).SerializeToString()


@given(st.lists(VOTES, max_size=5), st.sampled_from(Door))
def test_votes_are_read_as_they_were_sent(votes, door):
    assert BALLOTS.read_votes(write_votes(votes, door)) == (door, votes)


@given(st.binary())
def test_any_bytes_are_votes_or_malformed(value):
    try:
        _, votes = BALLOTS.read_votes(value)
    except MalformedVote as error:
        votes = error.code
    assert votes == "malformed" or all(isinstance(one, Vote | InvalidVote) for one in votes)


@given(st.lists(MESSAGES, max_size=4))
def test_any_message_of_votes_has_an_outcome_each(messages):
    _, votes = BALLOTS.read_votes(Messages(votes=messages).SerializeToString())
    assert [isinstance(one, Vote | InvalidVote) for one in votes] == [True] * len(messages)


@given(MESSAGES)
def test_a_vote_alone_is_read_as_among_others(one):
    try:
        alone = BALLOTS.read_vote(one.SerializeToString())
    except InvalidVote as error:
        alone = str(error)
    _, (among,) = BALLOTS.read_votes(Messages(votes=[one]).SerializeToString())
    assert alone == (among if isinstance(among, Vote) else str(among))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"album": ""}, "album"),
        ({"year": 0}, "year"),
        ({"rank": 1001}, "rank"),
        ({"rank": 2**32 - 1}, "rank"),
        ({"id": "short"}, "id"),
        ({"id": "abcdefgh\n"}, "id"),
        ({"voter": "v" * 129}, "voter"),
        ({"voter_digest": "v"}, "voter"),
        ({"voter": "v", "voter_digest": VOTER}, "voter_digest"),
    ],
)
def test_a_message_that_breaks_a_rule_names_the_field(fields, field):
    with pytest.raises(InvalidVote) as refused:
        BALLOTS.read_vote(message(**fields))
    assert refused.value.field == field


@pytest.mark.parametrize(
    "value",
    [b"\x0a", b"\x0a\x01\xff", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x18\xff", b"\x03" * 200],
    ids=["cut short", "invalid UTF-8", "an endless number", "a number cut short", "groups in groups"],
)
def test_bytes_that_are_no_message_are_malformed(value):
    with pytest.raises(MalformedVote, match="the message is not of its protobuf type"):
        BALLOTS.read_vote(value)


def test_a_door_that_does_not_exist_is_malformed():
    with pytest.raises(MalformedVote, match="the door is unknown"):
        BALLOTS.read_votes(Messages(door=3).SerializeToString())


def test_without_a_door_the_server_names_its_own():
    assert BALLOTS.read_votes(Messages().SerializeToString()) == (None, [])


def test_a_voter_is_read_as_its_digest():
    assert BALLOTS.read_vote(message(voter="v")).voter == voter_digest(SECRET, b"v")


def test_a_candidate_is_spelled_canonically_and_as_the_contest_does():
    contest = read_contest('[[candidates]]\nname = "Pe\u00f1a"\nalbum = "Bell"')
    assert Ballots(SECRET, contest).read_vote(message(name=" PEN\u0303A ")).name == "Pe\u00f1a"


def test_fields_of_another_version_are_left_out():
    beyond = b"\xfa\xf0\x04\x03abc"  # field 9999
    assert BALLOTS.read_vote(message() + beyond) == Vote("Ash", "Bell", 1997, 950)


@given(st.lists(PLACES))
def test_places_are_read_as_they_were_answered(places):
    assert read_outcomes(write_outcomes(places)) == places


@given(PLACES)
def test_a_place_alone_is_read_as_it_was_answered(place):
    assert read_outcome(write_place(place)) == place


@given(TEXT, TEXT, TEXT)
def test_a_refusal_is_read_as_it_was_answered(field, reason, code):
    (read,) = read_outcomes(write_outcomes([InvalidVote(field, reason, code)]))
    assert (read.field, read.reason, read.code) == (field, reason, code)


def test_outcomes_keep_the_order_of_the_votes():
    place = Place("A" * 22, 1, 2)
    read = read_outcomes(write_outcomes([place, InvalidVote("year", "no"), place]))
    assert [type(one) for one in read] == [Place, InvalidVote, Place]


def test_a_receipt_that_says_nothing_is_malformed():
    with pytest.raises(MalformedVote, match="neither a place nor a refusal"):
        read_outcome(Receipt().SerializeToString())


@given(st.binary())
def test_any_bytes_are_outcomes_or_malformed(value):
    try:
        outcomes = read_outcomes(value)
    except MalformedVote as error:
        outcomes = error.code
    assert outcomes == "malformed" or all(isinstance(one, Place | InvalidVote) for one in outcomes)
