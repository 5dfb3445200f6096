"""Lets in who brings the organiser's token, as `Authorization: Bearer`; everybody when there is none."""

import hmac

from fastapi import Request

from rockola.web.problems import Problem


class Guard:
    """A dependency of every route that shows single votes."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode() if token else b""

    def __call__(self, request: Request) -> None:
        """Problem 401 for anybody else, whatever is wrong with what was brought."""
        brought = request.headers.get("authorization", "").encode()
        if self._expected and not hmac.compare_digest(brought, self._expected):
            raise Problem(
                401, "token_needed", "this needs the organiser's token", headers={"WWW-Authenticate": "Bearer"}
            )
