"""A contest's rules: read from TOML or refused with the key that is wrong, and named by what decides verdicts."""

import json
from hashlib import sha256

import pytest

from rockola.vote.contest import Contest, read_contest
from rockola.vote.errors import InvalidVote
from rockola.vote.model import Vote

ASH, BELL = ("Ash", "Live"), ("Bell", "Pe\u00f1a")


def toml(*candidates: tuple[str, str], **keys: object) -> str:
    """A contest file of these keys and candidates."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    lines += [f"[[candidates]]\nname = {json.dumps(name)}\nalbum = {json.dumps(album)}" for name, album in candidates]
    return "\n".join(lines)


def vote(name: str, album: str) -> Vote:
    """A vote for a candidate, with all else that a vote may carry."""
    return Vote(name, album, 1997, 950, "abcdefgh", "0" * 32)


def test_an_empty_file_is_an_open_contest_without_a_limit():
    assert read_contest("") == Contest()


def test_a_contest_has_its_title_and_limit():
    contest = read_contest(toml(title="Rock chapin", votes_per_voter=3))
    assert (contest.title, contest.votes_per_voter) == ("Rock chapin", 3)


def test_candidates_are_kept_in_their_canonical_spelling():
    assert read_contest(toml((" Bell ", "Pen\u0303a"))).spellings == {BELL}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title", "the contest file is not TOML"),
        ("limit = 3", "the contest file has an unknown key: limit"),
        ("zeta = 1\nalpha = 1", "the contest file has an unknown key: alpha"),
        ("title = 3", "title must be a text of at most 200 characters"),
        (toml(title="a" * 201), "title must be a text of at most 200 characters"),
        ("votes_per_voter = 0", "votes_per_voter must be a whole number from 1 to 1000000"),
        ("votes_per_voter = 1000001", "votes_per_voter must be a whole number"),
        ("votes_per_voter = -1", "votes_per_voter must be a whole number"),
        ("votes_per_voter = true", "votes_per_voter must be a whole number"),
        ("votes_per_voter = 1.0", "votes_per_voter must be a whole number"),
        ('votes_per_voter = "3"', "votes_per_voter must be a whole number"),
        ("candidates = []", "candidates must be tables"),
        ("candidates = 3", "candidates must be tables"),
        ("[candidates]\nname = 'Ash'\nalbum = 'Live'", "candidates must be tables"),
        ("candidates = ['Ash']", "candidate 1 must have a name and an album"),
        ("[[candidates]]\nname = 'Ash'", "candidate 1 must have a name and an album"),
        ("[[candidates]]\nname = 'Ash'\nalbum = 3", "candidate 1 must have a name and an album"),
        ("[[candidates]]\nname = 'Ash'\nalbum = 'Live'\nyear = 1997", "candidate 1 must have a name and an album"),
        (toml(ASH, ("", "Live")), "candidate 2: name: must have 1 to 80 characters"),
        (toml(("Ash", "a" * 81)), "candidate 1: album: must have 1 to 80 characters"),
        (toml(("Ash", "\u202e")), "candidate 1: album: must not hold control or direction characters"),
        (toml(ASH, BELL, ASH), "candidate 3 is there twice"),
        (toml(ASH, ("ASH", "live")), "candidate 2 is there twice"),
        (toml(ASH, (" Ash", "Live ")), "candidate 2 is there twice"),
        (toml(BELL, ("Bell", "Pen\u0303a")), "candidate 2 is there twice"),
    ],
)
def test_a_file_that_is_wrong_says_where(text, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        read_contest(text)


@pytest.mark.parametrize("votes", [1, 1_000_000])
def test_the_ends_of_the_limit_belong_to_it(votes):
    assert read_contest(toml(votes_per_voter=votes)).votes_per_voter == votes


def test_a_title_may_have_200_characters():
    assert read_contest(toml(title="a" * 200)).title == "a" * 200


def test_bands_may_have_albums_of_the_same_name():
    assert len(read_contest(toml(ASH, ("Bell", "Live"))).spellings) == 2


@pytest.mark.timeout(10)
def test_a_catalogue_of_twenty_thousand_is_read():
    candidates = [("Ash", f"Album {number}") for number in range(20_000)]
    assert len(read_contest(toml(*candidates)).spellings) == 20_000


SHOWN = 'zone = "Europe/Berlin"\nresults = "blind"\n'


def test_a_contest_is_shown_to_everybody_in_guatemala_s_time_unless_it_says_otherwise():
    assert (read_contest("").zone, read_contest("").results) == ("America/Guatemala", "public")
    assert (read_contest(SHOWN).zone, read_contest(SHOWN).results) == ("Europe/Berlin", "blind")


@pytest.mark.parametrize(
    "text",
    [
        'zone = "Nowhere/Town"',
        'zone = ""',
        "zone = 6",
        'zone = "../etc/passwd"',
        'results = "secret"',
        "results = true",
    ],
)
def test_a_zone_or_showing_that_is_not_known_is_refused(text):
    with pytest.raises(
        ValueError, match=r"^(zone must be a time zone|results must be one of public, blind, organiser)"
    ):
        read_contest(text)


@pytest.mark.parametrize(
    "text",
    [toml(BELL, ASH), toml(ASH, BELL, title="Another"), toml(("Ash ", "Live"), BELL), SHOWN + toml(ASH, BELL)],
)
def test_title_order_and_blanks_do_not_make_another_contest(text):
    assert read_contest(text).digest == read_contest(toml(ASH, BELL)).digest


@pytest.mark.parametrize(
    "text", ["", toml(ASH), toml(ASH, ("BELL", "Pe\u00f1a")), toml(ASH, BELL, votes_per_voter=1), toml(("Live", "Ash"))]
)
def test_other_rules_make_another_contest(text):
    assert read_contest(text).digest != read_contest(toml(ASH, BELL)).digest


def test_the_digest_of_an_open_contest_never_changes():
    rules = b'{"candidates":null,"votes_per_voter":null}'
    assert Contest().digest == sha256(rules).hexdigest()[:32]


def test_the_digest_of_a_closed_contest_never_changes():
    rules = '{"candidates":[["Ash","Live"],["Bell","Pe\u00f1a"]],"votes_per_voter":2}'
    assert read_contest(toml(BELL, ASH, votes_per_voter=2)).digest == sha256(rules.encode()).hexdigest()[:32]


@pytest.mark.parametrize("candidate", [BELL, ("BELL", "PE\u00d1A"), ("bell", "pe\u00f1a")])
def test_a_vote_is_spelled_as_the_catalogue_does(candidate):
    assert read_contest(toml(ASH, BELL)).spelled(vote(*candidate)) == vote(*BELL)


def test_an_open_contest_leaves_a_vote_as_it_is():
    assert Contest().spelled(vote("aSH", "lIVE")) == vote("aSH", "lIVE")


@pytest.mark.parametrize("candidate", [("Ash", "Pe\u00f1a"), ("Live", "Ash"), ("Bell", "Pena"), ("Coal", "Live")])
def test_a_vote_for_another_candidate_is_refused(candidate):
    with pytest.raises(InvalidVote, match=r"^album: is not in this contest's catalogue under that band"):
        read_contest(toml(ASH, BELL)).spelled(vote(*candidate))


@pytest.mark.parametrize(
    ("candidate", "held"), [(ASH, True), (("ASH", "Live"), False), (("Ash", "Pe\u00f1a"), False), (BELL, True)]
)
def test_a_catalogue_holds_its_candidates_to_the_letter(candidate, held):
    assert read_contest(toml(ASH, BELL)).holds(vote(*candidate)) is held


def test_an_open_contest_holds_every_candidate():
    assert Contest().holds(vote("Coal", "Demo"))
