"""What comes while others are at work goes together, in one go: see docs/adr/0020."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """Acts on what callers on any thread bring, on all that has come at once, one act at a time."""

    def __init__(self, act: Callable[[Sequence[T]], None]) -> None:
        self._act, self._turn, self._coming = act, Lock(), deque[_Call[T]]()

    def do(self, one: T) -> None:
        """Returns when it was acted on; raises what that act raised, as for everybody that went with it."""
        mine = _Call(one)
        self._coming.append(mine)
        with self._turn:
            if not mine.has_ended:  # else it went with others
                self._go([self._coming.popleft() for _ in range(len(self._coming))])
        if mine.error is not None:
            raise mine.error

    def _go(self, going: "Sequence[_Call[T]]") -> None:
        error = None
        try:
            self._act([call.one for call in going])
        except Exception as raised:  # raised where each of them waits
            error = raised
        for call in going:
            call.error, call.has_ended = error, True


class _Call(Generic[T]):
    """What one caller brings, and what became of it."""

    def __init__(self, one: T) -> None:
        self.one, self.has_ended = one, False
        self.error: Exception | None = None
