"""The organiser's session: a cookie that every process of the web can check and nobody without the token can make."""

import hmac
import time
from collections.abc import Callable
from hashlib import sha256

COOKIE = "session"
LASTS = 43_200  # seconds: a long evening


class Sessions:
    """Those of one token; another token ends them all."""

    def __init__(self, token: str, now: Callable[[], float] = time.time) -> None:
        self._key, self._now = hmac.digest(token.encode(), b"rockola session", sha256), now

    def begin(self) -> str:
        """The cookie of a session that begins now: `end.signature`, the end in Unix seconds."""
        end = str(int(self._now()) + LASTS)
        return f"{end}.{self._signature(end)}"

    def holds(self, cookie: str) -> bool:
        """Whether a cookie is of a session that has not ended."""
        end, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(end).encode()):
            return False
        return self._now() < int(end)  # ours, so a number

    def _signature(self, end: str) -> str:
        return hmac.new(self._key, end.encode(), sha256).hexdigest()
