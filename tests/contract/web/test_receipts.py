"""What a receipt tells: whether its vote counted, and nothing of any vote's content or of any other vote."""

from collections.abc import Callable

import httpx
import pytest

from contract.web.serving import GENERATION, PALABRAS, SONORA, Stores
from rockola.vote.model import Door, Judged, Record, Verdict, Vote

OTHER = "ZYXWVUTSRQPONMLKJIHGFE"
VOTER = "0123456789abcdef0123456789abcdef"


def ask(web: httpx.Client, offset: int, partition: int = 0, generation: str = GENERATION) -> dict[str, object]:
    """What the receipt of a place tells."""
    answer: dict[str, object] = web.get(f"/api/receipts/{generation}.{partition}.{offset}").json()
    return answer


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.COUNTED, "counted"),
        (Verdict.DUPLICATE, "duplicate"),
        (Verdict.OVER_LIMIT, "over_limit"),
        (Verdict.NOT_IN_CATALOGUE, "not_counted"),
    ],
)
def test_it_tells_what_became_of_the_vote(stores: Stores, web: httpx.Client, verdict: Verdict, state: str) -> None:
    stores.count(SONORA, verdict=verdict)
    assert ask(web, 0) == {"receipt": f"{GENERATION}.0.0", "state": state, "counted_to": None, "ahead": None}


def test_a_vote_that_the_count_has_not_come_to_is_not_yet_counted(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, PALABRAS)
    assert ask(web, 4) | {"receipt": ""} == {"receipt": "", "state": "not_yet", "counted_to": 2, "ahead": 3}


def test_a_vote_that_was_kept_and_not_yet_counted_is_not_yet_counted(stores: Stores, web: httpx.Client) -> None:
    stores.archive.keep(0, [Judged(0, Verdict.COUNTED, Record(SONORA, Door.GRPC, 1))])
    assert ask(web, 0)["state"] == "not_yet"


@pytest.mark.parametrize(("generation", "partition"), [(OTHER, 0), (GENERATION, 7)])
def test_what_was_never_given_out_is_unknown(
    stores: Stores, web: httpx.Client, generation: str, partition: int
) -> None:
    stores.count(SONORA)
    assert ask(web, 0, partition, generation)["state"] == "unknown"


def test_a_place_that_was_passed_without_a_vote_is_unknown(stores: Stores, web: httpx.Client) -> None:
    stores.judge(0, [Judged(5, Verdict.COUNTED, Record(SONORA, Door.GRPC, 1))])
    stores.tally.restore(0, 6, [])
    assert ask(web, 3)["state"] in {"unknown", "not_yet"}


def test_it_is_told_while_the_tally_is_away(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    stores.break_tally()
    assert ask(web, 0)["state"] == "counted"


@pytest.mark.parametrize("hurt", [Stores.lose_tally, Stores.break_tally])
def test_a_vote_that_waits_for_its_verdict_is_never_unknown(
    stores: Stores, web: httpx.Client, hurt: Callable[[Stores], None]
) -> None:
    hurt(stores)
    answers = [web.get(path.format(f"{GENERATION}.0.0")) for path in ("/api/receipts/{}", "/receipt?receipt={}")]
    assert [answer.status_code for answer in answers] == [503, 503]


@pytest.mark.parametrize(("generation", "partition"), [(OTHER, 0), (GENERATION, 7)])
def test_what_was_never_given_out_is_unknown_while_the_tally_is_lost(
    stores: Stores, web: httpx.Client, generation: str, partition: int
) -> None:
    stores.lose_tally()
    assert ask(web, 0, partition, generation)["state"] == "unknown"


@pytest.mark.parametrize("text", ["x", "..", f"{GENERATION}.0", f"{GENERATION}.0.01", f"{GENERATION}.-1.0", "%00"])
def test_what_is_no_receipt_is_a_problem(quiet: httpx.Client, text: str) -> None:
    answer = quiet.get(f"/api/receipts/{text}")
    assert (answer.status_code, answer.json()["code"]) in {(400, "bad_receipt"), (404, "not_found")}


@pytest.mark.parametrize("path", ["/api/receipts/{}", "/receipt?receipt={}"])
def test_nothing_of_any_vote_is_told(stores: Stores, web: httpx.Client, path: str) -> None:
    vote = Vote("Bohemia Suburbana", "Mis palabras", 1997, 950, "the-id-of-it", VOTER)
    stores.judge(0, [Judged(0, Verdict.COUNTED, Record(vote, Door.RUST, 1))])
    stores.judge(0, [Judged(1, Verdict.DUPLICATE, Record(vote, Door.RUST, 1), 0)])
    text = web.get(path.format(f"{GENERATION}.0.1")).text
    told = ("Suburbana", "palabras", "1997", "9.5", "the-id-of-it", VOTER, "rust", f"{GENERATION}.0.0")
    assert [part for part in told if part in text] == []


@pytest.mark.parametrize(
    ("typed", "language", "words"),
    [
        ("", "es", "¿Contó mi voto?"),
        (f"{GENERATION}.0.0", "es", "Este voto contó."),
        (f"  {GENERATION}.0.0 ", "en", "This vote counted."),
        (f"{GENERATION}.0.1", "es", "repite uno anterior"),
        (f"{GENERATION}.0.2", "en", "had used all votes"),
        (f"{GENERATION}.0.1999", "es", "El conteo va por el 3 y este recibo es el número 2.000"),
        (f"{OTHER}.0.0", "en", "Nobody knows this receipt."),
        ("<script>alert(1)</script>", "es", "Eso no es un recibo."),
    ],
)
def test_the_page_says_it_in_a_sentence(
    stores: Stores, web: httpx.Client, typed: str, language: str, words: str
) -> None:
    stores.count(SONORA)
    stores.count(SONORA, verdict=Verdict.DUPLICATE)
    stores.count(SONORA, verdict=Verdict.OVER_LIMIT)
    page = web.get("/receipt", params={"receipt": typed, "lang": language}).text
    assert words in page
    assert "<script>alert" not in page


def test_the_page_says_when_votes_cannot_be_read(stores: Stores, web: httpx.Client) -> None:
    stores.break_archive()
    answer = web.get("/receipt", params={"receipt": f"{GENERATION}.0.0"})
    assert (answer.status_code, "Ahora no se pueden leer los votos" in answer.text) == (503, True)
