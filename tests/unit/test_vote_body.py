"""Reading a vote's body: whatever comes in is a vote or says why not, and both ways to read agree."""

import json

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from building import AT
from rockola.vote.body import BodyReader, fields_of, split_array, split_lines
from rockola.vote.codec import decode_record, encode_record
from rockola.vote.contest import read_contest
from rockola.vote.errors import InvalidVote, MalformedVote
from rockola.vote.model import Door, Record, Vote
from rockola.vote.voter import check_voter, voter_digest

BASE = {"name": '"Ash"', "album": '"Bell"', "year": "1997", "rank": "9.5"}
CONTEST = read_contest('[[candidates]]\nname = "Ash"\nalbum = "Bell"\n[[candidates]]\nname = "a:b"\nalbum = "Bell"')
READER = BodyReader(b"a secret", read_contest(""))
CLOSED = BodyReader(b"a secret", CONTEST)

WRITTEN = ["1997", '"1997"', "9.50", '"9.5"', '"Ash"', '"ASH"', '"a:b"', r'"A\u003ab"', '"abcdefgh"', '"abcdefgi"']
ODD = ["null", "true", '""', "[]", '{"a":1}', '{"a":1,"a":2}', "1e1", "-0", "05", "NaN", r'"\ud800"', r'"\u0000"', "["]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = st.sampled_from([*BASE, "id", "voter", r"nam\u0065", "x", "__proto__", ""])
VALUES = st.sampled_from(WRITTEN) | st.sampled_from(ODD) | st.builds(json.dumps, JSON, ensure_ascii=st.booleans())
BLANKS = st.sampled_from(["", " ", "\r\n\t", "\f"])
HEADERS = st.none() | st.sampled_from(["abcdefgh", "abcdefgi", "short", ""])
LETTERS = st.characters(exclude_categories=["Cc", "Cs"])


@st.composite
def bodies(draw):
    """A vote's body with some fields written otherwise, some added, in any order."""
    pairs = list((BASE | draw(st.dictionaries(KEYS, VALUES, max_size=2))).items())
    pairs += draw(st.lists(st.tuples(KEYS, VALUES), max_size=1))
    blank = draw(BLANKS)
    fields = [f'"{key}"{blank}:{value}' for key, value in draw(st.permutations(pairs))]
    return ("{" + f",{blank}".join(fields) + "}" + blank).encode()


@st.composite
def plain_bodies(draw):
    """A body that is likely to be accepted: any text, any year and rank, id and voter or none."""
    body = {
        "name": draw(st.text(LETTERS, min_size=1, max_size=40)),
        "album": draw(st.text(LETTERS, min_size=1, max_size=40)),
        "year": draw(st.integers(1900, 2100)),
        "rank": f"{draw(st.integers(0, 1000)) / 100:.2f}",
    }
    if draw(st.booleans()):
        body["id"] = draw(st.from_regex(r"[A-Za-z0-9_.:-]{8,128}", fullmatch=True))
    if draw(st.booleans()):
        body["voter"] = draw(st.text(min_size=1, max_size=32))
    return json.dumps(body, ensure_ascii=draw(st.booleans())).encode()


def outcome(read, body, key=None):
    """What a reader says of a body: the vote, or all of the refusal but its class."""
    try:
        return read(body, key)
    except MalformedVote as error:
        return 400, error.code, error.reason
    except InvalidVote as error:
        return 422, error.code, error.field, error.reason


@given(bodies(), HEADERS)
def test_the_usual_and_the_exact_way_agree(body, key):
    assert outcome(CLOSED.read, body, key) == outcome(CLOSED._read_exactly, body, key)


@given(plain_bodies(), HEADERS)
def test_the_usual_and_the_exact_way_agree_on_plain_votes(body, key):
    assert outcome(READER.read, body, key) == outcome(READER._read_exactly, body, key)


@given(st.binary() | st.text().map(str.encode) | JSON.map(json.dumps).map(str.encode), HEADERS)
@example(b'{"name":' * 100_000, None)
@example(b"[" * 100_000, None)
@example(b'"\xff"', None)
def test_any_bytes_are_a_vote_or_a_refusal(body, key):
    assert isinstance(outcome(READER.read, body, key), Vote | tuple)


@given(plain_bodies(), st.integers(0, 400), st.binary(max_size=3))
def test_a_damaged_vote_is_a_vote_or_a_refusal(body, at, damage):
    assert isinstance(outcome(READER.read, body[:at] + damage + body[at + 1 :]), Vote | tuple)


@given(plain_bodies(), HEADERS)
def test_what_a_reader_accepts_a_consumer_reads_back(body, key):
    vote = outcome(READER.read, body, key)
    assume(isinstance(vote, Vote))
    assert decode_record(encode_record(vote, Door.GRPC, AT)) == Record(vote, Door.GRPC, AT)


@given(plain_bodies())
def test_a_plain_vote_is_refused_only_for_its_texts(body):
    said = outcome(READER.read, body)
    assert isinstance(said, Vote) or said[2] in {"name", "album", "voter"}


@given(st.text(min_size=1, max_size=9), st.text(min_size=1, max_size=9))
def test_two_voters_are_the_same_only_when_written_the_same(one, other):
    digests = [voter_digest(b"a secret", check_voter(voter)) for voter in (one, other)]
    assert (digests[0] == digests[1]) == (one == other)


def test_another_secret_is_another_digest():
    assert voter_digest(b"a secret", b"Ash") != voter_digest(b"another", b"Ash")


def test_a_voter_of_half_a_character_is_refused():
    with pytest.raises(InvalidVote, match="voter: must be valid Unicode"):
        check_voter("\ud800")


@given(st.binary())
@example(b"[" * 100_000)
def test_any_bytes_are_an_array_or_malformed(body):
    try:
        elements = split_array(body)
    except MalformedVote as error:
        elements = error.code
    assert isinstance(elements, list) or elements == "malformed"


@given(st.lists(JSON.map(json.dumps)))
def test_the_elements_of_an_array_stay_as_written(elements):
    assume(not any("NaN" in one or "Infinity" in one for one in elements))
    assert split_array(f"[{' , '.join(elements)}]".encode()) == [one.encode() for one in elements]


@pytest.mark.parametrize("body", ["", "{}", "null", "[1,]", "[1 2]", "[1]]", "[01]", "[tru]", "\ufeff[]"])
def test_what_is_no_array_is_malformed(body):
    with pytest.raises(MalformedVote, match="the body is not a JSON array"):
        split_array(body.encode())


def test_lines_are_split_at_line_feeds_and_blank_ones_left_out():
    assert split_lines(b'{"a":1}\r\n\n \t\r\n{"b":"\xe2\x80\xa8"}') == [b'{"a":1}\r', b'{"b":"\xe2\x80\xa8"}']


def test_numbers_stay_as_they_were_written():
    assert fields_of(b'{"a":1.50,"b":1e999,"c":"1"}') == {"a": "1.50", "b": "1e999", "c": "1"}
