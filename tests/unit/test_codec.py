"""The record in the log: what is written is read back, and what no server writes is unreadable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import AT, VOTER, vote
from rockola.vote.codec import LATEST, decode_record, encode_record
from rockola.vote.errors import InvalidVote, UnreadableRecord
from rockola.vote.model import Door, Record, Vote, canonical

WHOLE = {
    "name": "Ash",
    "album": "Bell",
    "year": 1997,
    "rank": 9.5,
    "id": "abcdefgh",
    "voter": VOTER,
    "door": "grpc",
    "at": AT,
}


def is_canonical(text: str) -> bool:
    """Whether a text is one that a vote may hold."""
    try:
        return canonical("name", text) == text
    except InvalidVote:
        return False


NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).filter(is_canonical)
IDS = st.just("") | st.from_regex(r"[A-Za-z0-9_.:-]{8,128}", fullmatch=True)
DIGESTS = st.just("") | st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
VOTES = st.builds(Vote, NAMES, NAMES, st.integers(1900, 2100), st.integers(0, 1000), IDS, DIGESTS)
DOORS = st.sampled_from(Door)
TIMES = st.integers(0, LATEST)


def written(**fields: object) -> bytes:
    """A record that is right but for these keys; None leaves a key out."""
    keys = {key: value for key, value in (WHOLE | fields).items() if value is not None}
    return json.dumps(keys, separators=(",", ":")).encode()


@given(VOTES, DOORS, TIMES)
def test_a_record_is_read_as_it_was_written(one, door, at):
    assert decode_record(encode_record(one, door, at)) == Record(one, door, at)


@given(VOTES, DOORS, TIMES)
def test_a_record_has_one_spelling(one, door, at):
    value = encode_record(one, door, at)
    again = decode_record(value)
    assert encode_record(again.vote, again.door, again.at) == value


@given(VOTES, DOORS, TIMES)
def test_a_record_is_compact_json_with_its_keys_in_order(one, door, at):
    keys = {"name": one.name, "album": one.album, "year": one.year, "rank": one.rank / 100}
    keys |= {key: value for key, value in {"id": one.id, "voter": one.voter}.items() if value}
    text = encode_record(one, door, at).decode()
    assert list(json.loads(text).items()) == list((keys | {"door": door.value, "at": at}).items())


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_record_or_unreadable(value):
    try:
        read = decode_record(value)
    except UnreadableRecord:
        read = None
    assert read is None or isinstance(read, Record)


@given(VOTES, DOORS, TIMES, st.integers(0, 400), st.binary(max_size=2))
def test_a_damaged_record_is_a_record_or_unreadable(one, door, at, where, damage):
    value = encode_record(one, door, at)
    try:
        read = decode_record(value[:where] + damage + value[where + 1 :])
    except UnreadableRecord:
        read = None
    assert read is None or isinstance(read, Record)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"name":' * 100_000,
        b"\xef\xbb\xbf" + written(),
        written() + b"}",
        written(name=None),
        written(door=None),
        written(at=None),
        written(door="python"),
        written(weight=1000),
        written(name=" Ash"),
        written(name="e\u0301"),
        written(name="\ud800"),
        written(album=5),
        written(year=1899),
        written(year="1997"),
        written(year=1997.5),
        written(rank="9.5"),
        written(rank=9.555),
        written(rank=11),
        written(rank=-1),
        written(rank=[]),
        written().replace(b"9.5", b"9.50"),
        written(id="short"),
        written(voter="+50255551234"),
        written(at=-1),
        written(at=LATEST + 1),
        written(at=10**30),
        written(at=1.5),
        written(at=True),
    ],
)
def test_what_no_server_writes_is_unreadable(value):
    with pytest.raises(UnreadableRecord):
        decode_record(value)


def test_the_whole_record_is_readable():
    assert decode_record(written()).vote == Vote("Ash", "Bell", 1997, 950, "abcdefgh", VOTER)


def test_a_vote_of_the_original_file_lies_in_the_log_like_this():
    assert encode_record(vote(id="abcdefgh"), Door.RUST, AT) == (
        b'{"name":"Bohemia Suburbana","album":"Mis palabras","year":1997,"rank":9.5,'
        b'"id":"abcdefgh","door":"rust","at":1700000000000}'
    )
