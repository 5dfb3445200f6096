"""What holds for every answer of the web: its security headers, HEAD without a body, a problem instead of a trace."""

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rockola.web.problems import Problem

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; "
        "require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SECURE = "max-age=31536000"  # seconds; told only where the reader came by TLS
LARGEST_HEADERS = 16_384  # bytes, as at the gateway

log = structlog.get_logger()


class Shield:
    """Middleware around all routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        answer = _Answer(scope, send)
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEADERS:
            return await _answer(Problem(431, "headers_too_large"), scope, receive, answer)
        try:
            await self._app({**scope, "method": "GET"} if answer.is_head else scope, receive, answer)
        except Exception:
            if answer.started:
                raise  # the connection ends, and the server logs it
            log.exception("failed")
            await _answer(Problem(500, "internal"), scope, receive, answer)


async def _answer(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    await problem.response()(scope, receive, send)


class _Answer:
    """An answer on its way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send, self._secure = send, scope["scheme"] == "https"
        self.is_head, self.started = scope["method"] == "HEAD", False

    async def __call__(self, message: Message) -> None:
        """Sends a part of it; to HEAD the headers, and then that this was all."""
        if message["type"] == "http.response.start":
            self.started = True
            self._add_headers(MutableHeaders(scope=message))
            await self._send(message)
            if self.is_head:
                await self._send({"type": "http.response.body"})
        elif not self.is_head:
            await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        if self._secure:
            headers["Strict-Transport-Security"] = SECURE
