"""Single votes are for whoever brings the organiser's token, when there is one; all else is everybody's."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contract.web.serving import GENERATION, SONORA, open_stores, serving
from rockola.web.guesses import ADDRESSES, GUESSES, WINDOW, Guesses
from rockola.web.problems import Problem
from rockola.web.session import LASTS, Sessions

TOKEN = "let-me-in"  # noqa: S105
API = [
    "/api/votes",
    "/api/votes/summary",
    "/api/votes/export?format=csv",
    f"/api/votes/{GENERATION}.0.0",
    "/logs",
]
OPEN = ["/", "/stage", "/receipt", "/api/results", f"/api/receipts/{GENERATION}.0.0", "/api/timeseries", "/sign-in"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web with one vote and a token; shared, since nothing changes it."""
    stores = open_stores(tmp_path_factory.mktemp("guarded"))
    stores.count(SONORA)
    with serving(stores, token=TOKEN) as served:
        yield served


@pytest.fixture
def guarded(url: str) -> Iterator[httpx.Client]:
    """Somebody who looks at it, with cookies of their own."""
    with httpx.Client(base_url=url, timeout=10) as client:
        yield client


def sign_in(client: httpx.Client, token: str = TOKEN, wanted: str = "/votes", **headers: str) -> httpx.Response:
    """Sends the form."""
    return client.post("/sign-in", data={"token": token, "next": wanted}, headers=headers)


@pytest.mark.parametrize("path", API)
def test_the_token_opens(guarded: httpx.Client, path: str) -> None:
    assert guarded.get(path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_name_of_the_scheme_is_read_in_any_case(guarded: httpx.Client, scheme: str) -> None:
    assert guarded.get(API[0], headers={"Authorization": f"{scheme} {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("path", API)
@pytest.mark.parametrize(
    "brought", [None, "", "Bearer", "Bearer let-me-out", "Basic let-me-in", "Bearer " + "x" * 8000, "Bearer ñ"]
)
def test_b67_anything_else_is_refused_in_the_same_words(guarded: httpx.Client, path: str, brought: str | None) -> None:
    answer = guarded.get(path, headers={} if brought is None else {"Authorization": brought.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_in_the_url_opens_nothing(guarded: httpx.Client) -> None:
    assert guarded.get("/api/votes?token=let-me-in").status_code == 401


@pytest.mark.parametrize("path", OPEN)
def test_results_and_receipts_need_none(guarded: httpx.Client, path: str) -> None:
    assert guarded.get(path).status_code == 200


def test_signing_in_opens_what_the_token_opens(guarded: httpx.Client) -> None:
    answer = sign_in(guarded)
    assert (answer.status_code, answer.headers["location"]) == (303, "/votes")
    assert [guarded.get(path).status_code for path in API] == [200] * len(API)


def test_the_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(guarded: httpx.Client) -> None:
    cookie = sign_in(guarded).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={LASTS}"} <= set(cookie.split("; "))
    assert TOKEN not in cookie


def test_over_tls_the_cookie_stays_there(tmp_path: Path) -> None:
    with serving(open_stores(tmp_path), token=TOKEN, trusted="127.0.0.1") as url, httpx.Client(base_url=url) as client:
        assert "Secure" in sign_in(client, **{"X-Forwarded-Proto": "https"}).headers["set-cookie"].split("; ")


def test_signing_out_ends_it_here(guarded: httpx.Client) -> None:
    sign_in(guarded)
    assert guarded.post("/sign-out", data={"": ""}).headers["location"] == "/"
    assert guarded.get(API[0]).status_code == 401


@pytest.mark.parametrize("token", ["", "let-me-out", "let-me-in ", "ñ"])
def test_a_wrong_token_signs_nobody_in(guarded: httpx.Client, token: str) -> None:
    answer = sign_in(guarded, token)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert "Esa no es la clave" in answer.text


def test_an_address_that_guessed_often_waits_and_others_do_not(tmp_path: Path) -> None:
    with (
        serving(open_stores(tmp_path), token=TOKEN, trusted="127.0.0.1") as url,
        httpx.Client(base_url=url, timeout=10) as client,
    ):
        sent = {"X-Forwarded-For": "203.0.113.7"}
        answers = [sign_in(client, "let-me-out", **sent).status_code for _ in range(GUESSES)]
        last = sign_in(client, **sent)
        other = sign_in(client, **{"X-Forwarded-For": "203.0.113.8"})
    assert (set(answers), last.status_code, other.status_code) == ({403}, 429, 303)
    assert (last.json()["code"], 1 <= int(last.headers["retry-after"]) <= WINDOW) == ("too_many_guesses", True)


def test_a_minute_later_an_address_may_try_again() -> None:
    now = [1000.0]
    guesses = Guesses(lambda: now[0])
    for _ in range(GUESSES):
        guesses.require_few("a")
        guesses.add("a")
    with pytest.raises(Problem):
        guesses.require_few("a")
    now[0] += WINDOW
    guesses.require_few("a")


def test_so_many_addresses_are_remembered_and_no_more() -> None:
    guesses = Guesses()
    for number in range(ADDRESSES + 5):
        guesses.require_few(f"{number}")
        guesses.add(f"{number}")
    assert len(guesses) <= ADDRESSES


def test_without_a_token_nobody_can_sign_in(quiet: httpx.Client) -> None:
    assert sign_in(quiet, "").status_code == 403


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "\r\nX: y", ""])
def test_nobody_is_sent_elsewhere_after_signing_in(guarded: httpx.Client, wanted: str) -> None:
    assert sign_in(guarded, wanted=wanted).headers["location"] == "/votes"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_s32_a_form_of_another_site_signs_nobody_in_or_out(guarded: httpx.Client, headers: dict[str, str]) -> None:
    answers = [sign_in(guarded, **headers), guarded.post("/sign-out", data={}, headers=headers)]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, "other_origin")] * 2


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_s32_only_a_form_signs_in(guarded: httpx.Client, kind: str) -> None:
    answer = guarded.post("/sign-in", content=b"token=let-me-in", headers={"Content-Type": kind})
    assert (answer.status_code, "set-cookie" in answer.headers) == (415, False)


@pytest.mark.parametrize(
    ("body", "status"), [(b"token=" + b"x" * 5000, 413), (b"token=%ff", 400), (b"\xff", 400), (b"a=1&" * 9, 400)]
)
def test_a_form_that_is_too_large_or_unreadable_is_refused(guarded: httpx.Client, body: bytes, status: int) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert guarded.post("/sign-in", content=body, headers=kind).status_code == status


@pytest.mark.parametrize("cookie", ["", "1", "99999999999.", "99999999999.0000", ".", "x.y", "²." + "0" * 64])
def test_a_cookie_that_was_made_up_opens_nothing(guarded: httpx.Client, cookie: str) -> None:
    assert guarded.get(API[0], headers={"Cookie": f"session={cookie}".encode()}).status_code == 401


def test_a_session_ends_with_its_time() -> None:
    now = [1_000_000.0]
    sessions = Sessions(TOKEN, lambda: now[0])
    cookie = sessions.begin()
    now[0] += LASTS - 1
    assert sessions.holds(cookie)
    now[0] += 2
    assert not sessions.holds(cookie)


def test_another_token_ends_all_sessions() -> None:
    assert not Sessions("another").holds(Sessions(TOKEN).begin())
