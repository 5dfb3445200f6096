"""Named points on a vote's way where tests let a process die, wait or fail; nothing happens unless armed."""

import os
import signal
import time
from collections.abc import Callable

_armed: dict[str, Callable[[], None]] = {}


class Failed(Exception):
    """Raised at a point that was armed to fail."""


def failpoint(name: str) -> None:
    """Marks a point; does what it was armed with."""
    if _armed and (action := _armed.get(name)):
        action()


def arm(spec: str) -> None:
    """Arms points from `name=kill`, `name=kill:N` (at the N-th pass), `name=sleep:SECONDS`, `name=fail:N`, by commas.

    `fail:N` raises N times, then passes. ValueError when the text says something else.
    """
    _armed.clear()
    for part in filter(None, spec.split(",")):
        name, _, rest = part.partition("=")
        kind, _, number = rest.partition(":")
        if kind not in _ACTIONS:
            raise ValueError(f"a failpoint is armed with {', '.join(_ACTIONS)}: {part}")
        _armed[name] = _ACTIONS[kind](float(number or 1))


def _kill(passes: float) -> Callable[[], None]:
    left = iter(range(int(passes) - 1))
    return lambda: None if next(left, None) is not None else os.kill(os.getpid(), signal.SIGKILL)


def _sleep(seconds: float) -> Callable[[], None]:
    return lambda: time.sleep(seconds)


def _fail(times: float) -> Callable[[], None]:
    left = iter(range(int(times)))

    def action() -> None:
        if next(left, None) is not None:
            raise Failed("armed to fail here")

    return action


_ACTIONS: dict[str, Callable[[float], Callable[[], None]]] = {"kill": _kill, "sleep": _sleep, "fail": _fail}
