"""Serves an ASGI application on a socket of its own until it is told to end."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import uvicorn
from starlette.types import ASGIApp

GRACE = 5  # seconds for answers under way
BACKLOG = 1024


def bound(listen: str) -> socket.socket:
    """A socket that listens at `host:port`, port 0 picks one; OSError when it is taken, ValueError when it is none."""
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=BACKLOG)


def spelled(listener: socket.socket) -> str:
    """Where a socket listens, as `host:port`."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    ended: asyncio.Event,
    farewell: Callable[[], None] = lambda: None,
    **options: Any,
) -> None:
    """Returns once `ended` is set, `farewell` was called and the answers under way were given.

    `options` are uvicorn's.
    """
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        **options,
    )
    server = _Server(config)
    serving, ending = asyncio.create_task(server.serve([listener])), asyncio.create_task(ended.wait())
    await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    farewell()
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Signals are the process's, not a part's."""
        return nullcontext()
