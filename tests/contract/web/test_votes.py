"""The log of votes: pages, filters, one vote, and `/logs`; whatever breaks a rule is refused and nothing echoed."""

from itertools import pairwise
from urllib.parse import quote

import httpx
import pytest

from contract.web.serving import AT, GENERATION, PALABRAS, SONORA, VIAJE, Stores
from rockola.archive import Cursor
from rockola.vote.model import Door, Judged, Record, Verdict, Vote
from rockola.web.cursor import write_cursor

CURSOR = write_cursor(Cursor(AT, 0, 1), GENERATION)
OTHER_LOG = write_cursor(Cursor(AT, 0, 1), "zbcdefghijklmnopqrstuv")
OLD, NEW = "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.001Z"  # AT, and a millisecond later


def albums(answer: httpx.Response) -> list[str]:
    """The albums of a page."""
    return [each["album"] for each in answer.json()["votes"]]


def test_a_vote_is_shown_with_all_that_is_known_of_it(stores: Stores, web: httpx.Client) -> None:
    vote = Vote("Alux Nahual", "El Viaje", 2011, 860, "request-1", "0123456789abcdef0123456789abcdef")
    record = Record(vote, Door.RUST, AT)
    stores.judge(0, [Judged(0, Verdict.COUNTED, record), Judged(1, Verdict.DUPLICATE, record, duplicate_of=0)])
    assert web.get("/api/votes", params={"limit": 1}).json()["votes"] == [
        {
            "receipt": f"{GENERATION}.0.1",
            "name": "Alux Nahual",
            "album": "El Viaje",
            "year": 2011,
            "rank": 8.6,
            "door": "rust",
            "received_at": "2023-11-14T22:13:20.000Z",
            "verdict": "duplicate",
            "duplicate_of": f"{GENERATION}.0.0",
            "id": "request-1",
            "voter": "0123456789abcdef0123456789abcdef",
        }
    ]


def test_an_unreadable_record_is_shown_without_what_it_lacks(stores: Stores, web: httpx.Client) -> None:
    stores.judge(0, [Judged(0, Verdict.UNREADABLE, None, raw=b"\xff")])
    (shown,) = web.get("/api/votes").json()["votes"]
    assert {name for name, value in shown.items() if value is not None} == {"receipt", "verdict"}


def test_a_receipt_leads_to_its_vote(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, VIAJE)
    assert web.get(f"/api/votes/{GENERATION}.0.1").json()["album"] == "El Viaje"


@pytest.mark.parametrize(
    ("receipt", "status"),
    [
        (f"{GENERATION}.0.7", 404),
        (f"{'z' * 22}.0.0", 404),
        ("nonsense", 400),
        (f"{GENERATION}.0.01", 400),
        (f"{GENERATION}.0.-1", 400),
        (f"{GENERATION}.0.{'9' * 19}", 400),
        ("%00", 400),
        ("..%2f..%2fetc%2fpasswd", 404),
    ],
)
def test_a_receipt_of_nothing_is_refused(stores: Stores, web: httpx.Client, receipt: str, status: int) -> None:
    stores.count(SONORA)
    assert web.get(f"/api/votes/{receipt}").status_code == status


def test_pages_follow_each_other_newest_first_to_the_end(stores: Stores, web: httpx.Client) -> None:
    stores.count(*[SONORA] * 25)
    found, after = [], ""
    while after is not None:
        page = web.get(f"/api/votes?limit=10{after and '&after=' + after}").json()
        found += [int(each["receipt"].rpartition(".")[2]) for each in page["votes"]]
        after = page["next"]
    assert found == list(range(24, -1, -1))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=Alux Nahual", ["El Viaje"]),
        ("album=Mis%20palabras", ["Mis palabras"]),
        ("album=Mis++palabras+", ["Mis palabras"]),
        ("album=mis", []),
        ("door=rust", []),
        ("door=grpc&verdict=counted", ["El Viaje", "Mis palabras", "Imaginaria Sonora"]),
        ("verdict=duplicate", []),
        ("id=request-1", []),
        (f"from={NEW}", ["El Viaje", "Mis palabras"]),
        (f"to={NEW}", ["Imaginaria Sonora"]),
        (f"from={AT + 2}", ["El Viaje"]),
        ("from=2023-11-14T16:13:20.002-06:00", ["El Viaje"]),
        (f"from={OLD}&to={OLD}", []),
        ("to=1969-12-31T23:59Z", []),  # B-112
        ("from=1900-01-01T00:00Z&to=2100-01-01T00:00Z", ["El Viaje", "Mis palabras", "Imaginaria Sonora"]),
        (f"after={CURSOR}", ["Imaginaria Sonora"]),
        ("limit=1", ["El Viaje"]),
        ("limit=1000000000000", ["El Viaje", "Mis palabras", "Imaginaria Sonora"]),
        ("name=$ne", []),
        ("name=(a%2B)%2B$", []),
        ("name=%25", []),
        ("name=' OR '1'='1", []),
    ],
)
def test_every_filter_holds(stores: Stores, web: httpx.Client, query: str, found: list[str]) -> None:
    stores.count(SONORA, PALABRAS, VIAJE)
    assert albums(web.get(f"/api/votes?{query}")) == found


@pytest.mark.parametrize(
    "query",
    [
        *[
            f"limit={quote(each)}" for each in ("0", "-1", "1e9", "abc", "1_000", "٥", " 5", "5.0", "", "+5", "05")
        ],  # B-107
        "limit=5&limit=6",
        *[
            f"{turn}={each}"
            for turn in ("after", "before")
            for each in ("", "garbage", CURSOR[:-1], CURSOR.replace(".0.1.", ".0.2."), "%00")
        ],  # B-108
        f"after={CURSOR}&before={CURSOR}",
        *["q[$ne]=1", 'q={"$where":"sleep(5000)"}', "filter=1", "name[$ne]=1"],  # B-109
        *["q=(a%2B)%2B$", "q=.*"],  # B-110
        *["sort=__proto__", "sort=-secret", "fields=voter_id", "door=soap", "verdict=Counted", "door="],  # B-111
        *[f"from={NEW}&to={OLD}", "from=0000-01-01T00:00:00Z", "to=2016-12-31T23:59:60Z"],  # B-112
        *["from=2023-11-14T22:13:20", "from=2023-11-14", "to=yesterday", "from=-1", "from=", "from=2023-02-30T00:00Z"],
        *["name=%00", "album=%ff", f"name={'a' * 10_000}", f"name={'a' * 81}", "name=", "name=%E2%80%AE"],  # B-113
        *["format=xlsx", "format=csv%0d%0aX:%20y", "limit", "&&", "name=a&name=a", "id=short", "id=%0a12345678"],
        "&".join(f"a{number}=1" for number in range(30)),
    ],
)
def test_a_query_that_breaks_a_rule_is_refused_and_not_echoed(quiet: httpx.Client, query: str) -> None:
    answer = quiet.get(f"/api/votes?{query}")
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert told.keys() - {"field", "detail"} == {"type", "title", "status", "code"}


@pytest.mark.parametrize("path", ["/api/results", "/api/results/stream", f"/api/votes/{GENERATION}.0.0", "/logs"])
def test_no_route_takes_an_unknown_parameter(quiet: httpx.Client, path: str) -> None:
    assert quiet.get(f"{path}?secret=hunter2").json()["code"] == "unknown_parameter"


@pytest.mark.parametrize("path", ["/api/votes", "/logs"])
def test_a_page_of_another_log_is_gone(stores: Stores, web: httpx.Client, path: str) -> None:
    stores.count(SONORA)
    assert web.get(path, params={"after": OTHER_LOG}).status_code == 410


def test_what_comes_later_is_behind_the_previous_of_the_first_page(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    newest = web.get("/api/votes").json()["previous"]
    stores.count(VIAJE)
    assert albums(web.get("/api/votes", params={"before": newest})) == ["El Viaje"]


def test_links_lead_to_the_pages_beside_with_the_same_filters(stores: Stores, web: httpx.Client) -> None:
    stores.count(*[SONORA] * 5, VIAJE)
    first = web.get("/api/votes?limit=2&name=Bohemia+Suburbana")
    second = web.get(first.links["next"]["url"])
    back = web.get(second.links["previous"]["url"])
    assert back.json()["votes"] == first.json()["votes"]
    assert albums(second) == ["Imaginaria Sonora"] * 2


def test_the_last_page_leads_to_no_other(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, VIAJE)
    page = web.get("/api/votes?limit=2")
    assert (page.json()["next"], list(page.links)) == (None, ["previous"])


def test_a_page_without_votes_leads_nowhere(quiet: httpx.Client) -> None:
    assert quiet.get("/api/votes").json() == {"votes": [], "next": None, "previous": None}


def test_what_matches_is_counted_by_what_it_is_and_over_time(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA, SONORA, VIAJE)
    stores.count(VIAJE, verdict=Verdict.OVER_LIMIT)
    assert web.get("/api/votes/summary").json() == {
        "votes": 4,
        "exact": True,
        "since": None,
        "verdicts": {"unreadable": 0, "not_in_catalogue": 0, "duplicate": 0, "over_limit": 1, "counted": 3},
        "doors": {"grpc": 4, "rust": 0},
        "candidates": [
            {"name": "Alux Nahual", "album": "El Viaje", "votes": 2},
            {"name": "Bohemia Suburbana", "album": "Imaginaria Sonora", "votes": 2},
        ],
        "histogram": {"start": "2023-11-14T22:13:00.000Z", "step": 60, "votes": [4]},
    }


@pytest.mark.parametrize(
    ("query", "votes", "exact"),
    [
        ("album=El+Viaje", 2, True),
        ("verdict=counted&door=grpc", 3, True),
        ("from=2023-11-14T22:13Z&to=2023-11-14T22:14Z", 4, True),
        ("to=2023-11-14T22:13Z", 0, True),
        (f"from={AT + 1}", 4, False),
        ("id=request-1", 0, True),
    ],
)
def test_counts_hold_for_the_filters_and_say_when_they_are_estimates(
    stores: Stores, web: httpx.Client, query: str, votes: int, exact: bool
) -> None:
    stores.count(SONORA, SONORA, VIAJE)
    stores.count(VIAJE, verdict=Verdict.OVER_LIMIT)
    told = web.get(f"/api/votes/summary?{query}").json()
    assert (told["votes"], told["exact"]) == (votes, exact)


def test_counts_take_no_page(quiet: httpx.Client) -> None:
    assert quiet.get("/api/votes/summary?limit=5").json()["code"] == "unknown_parameter"


def test_logs_answer_as_the_original_viewer_expects(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    stores.count(PALABRAS, verdict=Verdict.OVER_LIMIT)
    assert web.get("/logs").json() == [
        {
            "Data": {"Name": "Bohemia Suburbana", "Album": "Imaginaria Sonora", "Year": "2015", "Rank": "5.2"},
            "CreationDate": "2023-11-14T22:13:20.000Z",
        }
    ]


def test_logs_are_twenty_a_page_and_the_link_leads_on(stores: Stores, web: httpx.Client) -> None:
    stores.count(*[SONORA] * 45)
    pages = [web.get("/logs")]
    while following := pages[-1].links.get("next"):
        pages.append(web.get(following["url"]))
    dates = [each["CreationDate"] for page in pages for each in page.json()]
    assert [len(page.json()) for page in pages] == [20, 20, 5]
    assert all(newer > older for newer, older in pairwise(dates))


def test_logs_alone_may_be_read_from_any_site(stores: Stores, web: httpx.Client) -> None:
    stores.count(SONORA)
    paths = ["/logs", "/api/votes", "/api/results", "/", "/nowhere", "/openapi.json"]
    answers = {path: web.get(path, headers={"Origin": "https://evil.example"}) for path in paths}
    allowed = {path: answer.headers.get("access-control-allow-origin") for path, answer in answers.items()}
    assert allowed == {**dict.fromkeys(paths), "/logs": "*"}
