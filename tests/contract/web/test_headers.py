"""What holds for every route: security headers, methods, and problems instead of traces."""

import re

import httpx
import pytest

from contract.web.serving import GENERATION, Stores, serving
from rockola.tally import Totals

PATHS = [
    "/",
    "/stage",
    "/receipt",
    "/receipt?receipt=x",
    "/sign-in",
    "/votes",
    "/api/results",
    "/api/results/stream",
    "/api/timeseries",
    "/api/verification",
    f"/api/receipts/{GENERATION}.0.0",
    "/api/receipts/x",
    "/api/votes",
    f"/api/votes/{GENERATION}.0.0",
    "/api/votes?limit=0",
    "/api/votes/summary",
    "/api/votes/tail",
    "/api/votes/export?format=csv",
    "/api/votes/export",
    "/votes?verdict=maybe",
    f"/votes/{GENERATION}.0.0",
    "/logs",
    "/openapi.json",
    "/nowhere",
    "/logs/",
    "/docs",
    "/metrics",
    "/static/nothing.css",
    "/static/..%2f..%2fapp.py",
    "/static/rockola.css",
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'"
)
GUARDED = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def is_guarded(headers: httpx.Headers) -> bool:
    """Whether an answer has every security header, and tells nothing about the server."""
    return GUARDED.items() <= dict(headers).items() and "server" not in headers and "x-powered-by" not in headers


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_security_headers(quiet: httpx.Client, path: str) -> None:
    with quiet.stream("GET", path) as answer:
        assert is_guarded(answer.headers)


@pytest.mark.parametrize("path", PATHS)
def test_head_tells_what_get_would_without_a_body(quiet: httpx.Client, path: str) -> None:
    with quiet.stream("GET", path) as got:
        status, kind = got.status_code, got.headers["content-type"]
    head = quiet.head(path)
    assert (head.status_code, head.headers["content-type"], head.content) == (status, kind, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/api/results", "/api/results/stream", "/api/votes", "/logs"])
def test_other_methods_are_refused(quiet: httpx.Client, path: str, method: str) -> None:
    answer = quiet.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/", "/api/results", "/api/results/stream", "/api/votes", "/logs"])
def test_options_tells_the_methods(quiet: httpx.Client, path: str) -> None:
    answer = quiet.options(path)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, HEAD, OPTIONS", b"")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/reveal"])
def test_forms_are_told_as_what_is_written(quiet: httpx.Client, path: str) -> None:
    allowed = "GET, HEAD, POST, OPTIONS" if path == "/sign-in" else "POST, OPTIONS"
    assert quiet.options(path).headers["allow"] == quiet.put(path).headers["allow"] == allowed


def test_strict_transport_is_told_over_tls_alone(stores: Stores) -> None:
    with serving(stores, trusted="127.0.0.1") as url:
        told = [httpx.get(url, headers={"X-Forwarded-Proto": proto}).headers for proto in ("http", "https")]
    assert ["strict-transport-security" in headers for headers in told] == [False, True]


def test_headers_that_are_too_large_are_refused(quiet: httpx.Client) -> None:
    answer = quiet.get("/api/results/stream", headers={"Last-Event-ID": "x" * 20_000})
    assert (answer.status_code, is_guarded(answer.headers)) == (431, True)


def test_a_mistake_of_ours_is_a_problem_without_a_trace(
    stores: Stores, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores.tally, "totals", lambda: Totals(None, {}, 0, {"not JSON": 1}))
    answer = web.get("/api/results")
    assert (answer.status_code, answer.json()["code"], is_guarded(answer.headers)) == (500, "internal", True)
    assert answer.json().keys() == {"type", "title", "status", "code"}


def test_what_is_not_there_is_a_problem_that_echoes_nothing(quiet: httpx.Client) -> None:
    answer = quiet.get("/nowhere-at-all?x=hunter2")
    assert answer.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found"}


@pytest.mark.parametrize("path", PATHS)
def test_s25_no_answer_tells_how_it_was_made(quiet: httpx.Client, path: str) -> None:
    with quiet.stream("GET", path) as answer:
        text = next(answer.iter_text(), "")
    assert not re.search(r'Traceback|File "|librdkafka|pymongo|sqlite|/usr/|uvicorn|starlette', text)


@pytest.mark.parametrize(
    "name", ["..%2f..%2fapp.py", "%2e%2e/app.py", "vendor/uPlot.min.css", "uPlot.LICENSE", "rockola.css", "%00", ""]
)
def test_s34_only_files_of_the_pages_are_served_and_only_under_their_names(quiet: httpx.Client, name: str) -> None:
    assert quiet.get(f"/static/{name}").status_code == 404


def test_files_of_the_page_are_kept_for_ever_under_the_name_of_their_content(quiet: httpx.Client) -> None:
    found = [quiet.get(path) for path in re.findall(r'"(/static/[^"]+)"', quiet.get("/").text)]
    told = {(each.status_code, each.headers["cache-control"]) for each in found}
    assert told == {(200, "public, max-age=31536000, immutable")}
