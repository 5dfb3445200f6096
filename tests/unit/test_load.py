"""What the load is made of: what it deals, what it remembers, and which broken promises it sees."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from random import Random

import pytest

from load.audit import audit, recount
from load.ledger import Ledger, Promise
from load.mixes import MIXES, weights_of
from load.options import OPTIONS, doors_of, read_plan
from load.pages import Kept, Results, Standing
from load.shapes import SHAPES, Course
from load.teller import Share, Teller
from rockola.send.answers import Fate, Outcome
from rockola.send.rows import Ballot
from rockola.send.votefile import VoteFile, open_votes

GENERATION = "abcdefghijklmnopqrstuv"
ACCEPTED, UNKNOWN = Outcome(Fate.ACCEPTED, "receipt"), Outcome(Fate.UNKNOWN)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[VoteFile]:
    """A hundred votes for three albums, read."""
    (path := tmp_path / "votes.csv").write_text(
        "name,album,year,rank\n" + "".join(f"Band,Album {row % 3},2000,7\n" for row in range(100))
    )
    with closing(open_votes(str(path))) as opened:
        yield opened


def dealt(teller: Teller, number: int = 7) -> Counter[tuple[str, str]]:
    """Everything a teller deals, by kind and id."""
    votes = chain.from_iterable(iter(lambda: teller.deal(number), []))
    return Counter((vote.kind, vote.ballot.id) for vote in votes)


@pytest.mark.parametrize("mix", MIXES)
def test_each_row_is_dealt_once_over_all_shares_whatever_else_is_sent(file: VoteFile, mix: str) -> None:
    tellers = [Teller(file, Share(turn, 3), 1, MIXES[mix], Random(turn)) for turn in range(3)]
    rows = {vote: times for teller in tellers for vote, times in dealt(teller).items() if vote[0] == "valid"}
    assert rows == {("valid", f"{file.digest}.{row}"): 1 for row in range(1, 101)}


def test_every_round_has_ids_of_its_own(file: VoteFile) -> None:
    rounds = dealt(Teller(file, Share(0, 1), 3, MIXES["clean"], Random(1)))
    assert (len(rounds), set(rounds.values())) == (300, {1})


def test_what_conflicts_has_the_id_of_a_vote_before_and_another_choice(file: VoteFile) -> None:
    teller = Teller(file, Share(0, 1), 1, weights_of("valid=1,conflicting=1"), Random(1))
    bodies: dict[str, set[bytes]] = {}
    for vote in iter(lambda: teller.deal(1), []):
        bodies.setdefault(vote[0].ballot.id, set()).add(vote[0].ballot.body)
    assert len(bodies) == 100
    assert max(map(len, bodies.values())) > 1


@pytest.mark.parametrize(
    "text", ["", "loud", "valid", "valid=x", "valid=-1", "valid=inf", "invalid=1", "brass=1,valid=1"]
)
def test_a_mix_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a mix is one of clean, contest"):
        weights_of(text)


@pytest.mark.parametrize(
    ("names", "host", "doors"),
    [
        ("grpc", None, ("http://127.0.0.1:3000/grpc",)),
        ("both", None, ("http://127.0.0.1:3000/grpc", "http://127.0.0.1:8000/rust")),
        ("grpc,rust", "http://votes.example/", ("http://votes.example/grpc", "http://votes.example/rust")),
        ("both", "http://votes.example/grpc/", ("http://votes.example/grpc",)),
        ("rust, http://a:1/grpc/", None, ("http://127.0.0.1:8000/rust", "http://a:1/grpc")),
    ],
)
def test_doors_are_names_or_urls_and_a_host_with_a_path_is_the_only_one(
    names: str, host: str | None, doors: tuple[str, ...]
) -> None:
    assert doors_of(names, host) == doors


@pytest.mark.parametrize(
    ("name", "value"), [("batch", 0), ("batch", 1001), ("unknown", "forget"), ("shape", "round"), ("rate", -1.0)]
)
def test_an_option_out_of_range_is_named(name: str, value: object) -> None:
    given = {option.name: option.default for option in OPTIONS} | {name: value}
    with pytest.raises(ValueError, match=f"--{name}"):
        read_plan(Namespace(**given), None, 1)


def users(shape: str, *seconds: float) -> list[int | None]:
    """How many vote at these seconds of a run with 10 users."""
    return [SHAPES[shape].users(Course(10, ramp=20, idle=5, burst=10, times=3), second) for second in seconds]


def test_a_steady_run_has_all_users_all_the_time() -> None:
    assert users("steady", 0, 10_000) == [10, 10]


def test_a_ramp_has_one_user_then_more_then_all() -> None:
    assert users("ramp", 0, 10, 20, 100) == [1, 5, 10, 10]


def test_a_finale_is_idle_then_three_times_as_loud_then_idle_then_over() -> None:
    assert users("finale", 0, 4.9, 5, 14.9, 15, 19.9, 20) == [0, 0, 30, 30, 0, 0, None]


def ballot(name: str) -> Ballot:
    return Ballot("votes", 1, 1, name, b"{}")


def test_a_vote_without_an_answer_is_unknown_until_one_answer_settles_it() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.note(ballot("vote-0001"), "valid")
    ledger.settled([(ballot("vote-0001"), UNKNOWN)])
    assert [unknown.id for unknown in ledger.unknown()] == ["vote-0001"]
    ledger.settled([(ballot("vote-0001"), ACCEPTED)])
    assert ledger.fates() == {Fate.ACCEPTED: 1}


def test_ledgers_of_several_workers_are_one_ledger() -> None:
    master = Ledger()
    for outcome in (ACCEPTED, UNKNOWN):
        worker = Ledger()
        worker.note(ballot("vote-0001"), "valid")
        worker.settled([(ballot("vote-0001"), outcome)])
        for part in worker.parts():
            master.add(part)
    assert [(one.id, one.receipts, one.open) for one in master] == [("vote-0001", ["receipt"], 1)]


def kept(offset: int, verdict: str = "counted", of: int | None = None, name: str = "vote-0001") -> Kept:
    """A record as the API shows it."""
    place, other = f"{GENERATION}.0.{offset}", of if of is None else f"{GENERATION}.0.{of}"
    return Kept(place, "Band", "Ash", "grpc", verdict, other, name, None)


def results(position: int, counted: int, **verdicts: int) -> Results:
    """Results in which all votes chose one band."""
    said, standing = {"counted": counted, **verdicts}, [Standing("Band", "Ash", counted)]
    return Results(GENERATION, {"0": position}, counted, said, {"grpc": counted, "rust": 0}, standing)


def broken(votes: list[Kept], said: Results, *receipts: int, refused: int = 0, kind: str = "valid") -> str:
    """The first letters of what was broken of a promise."""
    promise = Promise("vote-0001", kind, b"", 0, refused, [f"{GENERATION}.0.{offset}" for offset in receipts])
    found = audit([promise], recount(votes, said, {promise.id}), said)
    return "".join(sentence[0] for sentence in found)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ("", broken([kept(0), kept(1, "duplicate", 0)], results(2, 1, duplicate=1), 0, 1)),
        (
            "",
            broken([kept(0), kept(1, name="vote-0002")], results(1, 1), 0),
        ),  # what came after the results is not compared
        ("", broken([kept(0, "over_limit"), kept(1)], results(2, 1, over_limit=1), 0, 1)),
        ("A", broken([], results(1, 0), 0)),
        ("A", broken([kept(0)], results(1, 1), 0, 1)),
        ("A", broken([kept(0, name="vote-0002")], results(1, 1), 0)),
        ("A", broken([kept(0), kept(1, "duplicate", 5)], results(2, 1, duplicate=1), 0, 1)),
        ("A", broken([kept(0, "unreadable")], results(1, 0, unreadable=1), 0)),
        ("B", broken([kept(0)], results(1, 1), refused=1, kind="invalid")),
        ("a", broken([], results(0, 0), refused=1)),  # a vote was refused that had to be accepted
        ("CE", broken([kept(0), kept(1)], results(2, 2), 0, 1)),
        ("DDDE", broken([kept(0)], results(1, 2), 0)),
    ],
)
def test_each_broken_promise_is_seen_and_no_other(wrong: str, found: str) -> None:
    assert found == wrong
