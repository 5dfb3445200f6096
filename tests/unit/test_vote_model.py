"""A vote's values: right by construction, with one spelling, one place and one memory."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rockola.vote import model
from rockola.vote.errors import InvalidVote
from rockola.vote.model import Place, Vote, canonical, partition_of

GENERATION = "AAAAAAAAAAAAAAAAAAAA-_"
DIGEST = "0123456789abcdef" * 2
MARKS = "\u0316\u0301"
PLACES = st.builds(
    Place,
    st.from_regex(r"[A-Za-z0-9_-]{22}", fullmatch=True),
    st.integers(0, 10**9 - 1),
    st.integers(0, 10**18 - 1),
)
IDS = st.sampled_from(["abcdefgh", "abcdefgi", DIGEST, f"{DIGEST}:abcdefgh"])
VOTERS = st.sampled_from(["", DIGEST, DIGEST[::-1]])


def vote(**fields: object) -> Vote:
    """A vote that is right but for these fields."""
    return Vote(**{"name": "Ash", "album": "Bell", "year": 1997, "rank": 950} | fields)


def spelled(text: str) -> str | None:
    """The canonical spelling, None when there is none."""
    try:
        return canonical("name", text)
    except InvalidVote:
        return None


@given(st.text())
def test_a_canonical_text_stays_as_it_is(text):
    assume(once := spelled(text))
    assert spelled(once) == once


@given(st.text(" \u00a0\u2003\u3000ae\u0301\u0323\u0958\uac00\u1100\u1161", max_size=200))
def test_a_text_of_blanks_and_marks_has_one_spelling_or_none(text):
    once = spelled(text)
    assert once is None or spelled(once) == once


@given(st.text("ae\u0301\u0316\u0958 ", max_size=400))
def test_a_spelling_is_found_whether_it_was_remembered_or_not(text):
    padded = text + " " * 400
    assert spelled(padded) == spelled(text)


def test_a_long_spelling_is_not_remembered():
    before = model._remembered.cache_info()
    canonical("name", " " * 100_000 + "Ash")
    assert model._remembered.cache_info() == before


@pytest.mark.timeout(5)
def test_a_text_of_many_marks_is_refused_at_once():
    with pytest.raises(InvalidVote, match="name: must have 1 to 80 characters"):
        canonical("name", "a" + MARKS * 100_000)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " Ash"),
        ("name", "e\u0301"),
        ("name", "a" * 81),
        ("name", "A\u202eB"),
        ("album", "Bell "),
        ("album", "Bell  Jar"),
        ("album", "Bell\u00a0Jar"),
        ("album", "\ud800"),
        ("year", 1899),
        ("year", 2101),
        ("rank", -1),
        ("rank", 1001),
        ("id", "abcdefg"),
        ("id", "abcdefgh\n"),
        ("id", "a" * 129),
        ("voter", DIGEST[1:]),
        ("voter", DIGEST + "0"),
        ("voter", DIGEST.upper()),
        ("voter", DIGEST[1:] + "\n"),
    ],
)
def test_a_vote_that_breaks_a_rule_cannot_be_made(field, value):
    with pytest.raises(InvalidVote, match=f"^{field}: "):
        vote(**{field: value})


@pytest.mark.parametrize(("field", "value"), [("year", 1900), ("year", 2100), ("rank", 0), ("rank", 1000)])
def test_the_ends_of_a_range_belong_to_it(field, value):
    assert getattr(vote(**{field: value}), field) == value


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({}, ""),
        ({"id": "abcdefgh"}, "abcdefgh"),
        ({"voter": DIGEST}, DIGEST),
        ({"id": "abcdefgh", "voter": DIGEST}, DIGEST),
    ],
)
def test_the_voter_decides_the_partition_before_the_id(fields, key):
    assert vote(**fields).key == key


@given(IDS, VOTERS, IDS, VOTERS)
def test_an_id_is_remembered_with_its_voter(one_id, one_voter, other_id, other_voter):
    one, other = vote(id=one_id, voter=one_voter), vote(id=other_id, voter=other_voter)
    assert (one.memory == other.memory) == (one == other)


def test_a_vote_without_an_id_is_not_remembered():
    assert vote(voter=DIGEST).memory == ""


@given(st.text(min_size=1), st.integers(1, 1000))
def test_a_partition_is_one_of_those_there_are(key, partitions):
    assert partition_of(key, partitions) in range(partitions)


@given(PLACES)
def test_a_receipt_names_its_place(place):
    assert Place.parse(str(place)) == place


def test_a_receipt_reads_generation_partition_offset():
    assert str(Place(GENERATION, 5, 41)) == f"{GENERATION}.5.41"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.3",
        GENERATION,
        f"{GENERATION}.0",
        f"{GENERATION}.0.1.2",
        f"{GENERATION}.0.-1",
        f"{GENERATION}.01.1",
        f"{GENERATION}.0.01",
        f"{GENERATION}.0.1\n",
        f" {GENERATION}.0.1",
        f"{GENERATION}.0.1e3",
        f"{GENERATION}.0.\u0661",
        f"{GENERATION}.1234567890.0",
        f"{GENERATION}.0.{'9' * 19}",
        f"{GENERATION[1:]}.0.1",
        f"A{GENERATION}.0.1",
        f"{GENERATION[1:]}+.0.1",
        f"{GENERATION[1:]}\u00f1.0.1",
    ],
)
def test_what_names_no_place_is_no_receipt(text):
    with pytest.raises(ValueError, match=r"a receipt reads generation\.partition\.offset"):
        Place.parse(text)
