"""Lets in whom a route is for: who brings the organiser's token, or signed in with it; everybody without one."""

import hmac
from urllib.parse import urlencode

from fastapi import Request

from rockola.web.access import Access, access_of
from rockola.web.problems import Problem
from rockola.web.session import COOKIE, Sessions

API = ("/api/", "/logs")  # read by programs; the rest is read by people


class Guard:
    """A dependency of every route; asynchronous, so that none waits for a thread to be let in."""

    def __init__(self, token: str) -> None:
        self.token, self.sessions = token, Sessions(token)

    async def __call__(self, request: Request) -> None:
        """Problem 401 for anybody else, whatever is wrong with what was brought; a person is shown where to sign in."""
        path = request.scope["route"].path
        if access_of(path) is not Access.ORGANISER or self.is_organiser(request):
            return
        if path.startswith(API):
            needed = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "token_needed", "this needs the organiser's token", headers=needed)
        raise Problem(303, "sign_in", headers={"Location": f"/sign-in?{urlencode({'next': _wanted(request)})}"})

    def is_organiser(self, request: Request) -> bool:
        """Whether somebody may see everything."""
        return not self.token or self._brings_token(request) or self.sessions.holds(request.cookies.get(COOKIE, ""))

    def is_token(self, text: str) -> bool:
        """Whether a text is the token; takes as long for every text."""
        return hmac.compare_digest(text.encode(), self.token.encode())

    def _brings_token(self, request: Request) -> bool:
        scheme, _, brought = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.is_token(brought)


def _wanted(request: Request) -> str:
    """Where to go on after signing in; a form cannot be sent again by a redirect."""
    if request.scope["method"] != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
