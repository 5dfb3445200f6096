"""Serves the web on a socket until it is told to end."""

import asyncio
from socket import SO_SNDBUF, SOL_SOCKET, socket

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from rockola.serving import serve
from rockola.web.stream import ABORT

CONNECTIONS = 1000
UNREAD = 262_144  # bytes the system holds for a reader beside our 64 KB; what it would take by itself is megabytes


async def serve_web(app: FastAPI, listener: socket, ended: asyncio.Event, trusted_proxies: str = "") -> None:
    """Returns when `ended` is set and the answers under way were given."""
    listener.setsockopt(SOL_SOCKET, SO_SNDBUF, UNREAD)
    await serve(
        abortable(app),
        listener,
        ended,
        app.state.live.close,
        http="httptools",
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies,
        limit_concurrency=CONNECTIONS,
    )


def abortable(app: ASGIApp) -> ASGIApp:
    """Lets the app end a connection whose reader does not read, which ASGI has no word for."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if transport:
            scope.setdefault("extensions", {})[ABORT] = transport.abort
        await app(scope, receive, send)

    return answer
