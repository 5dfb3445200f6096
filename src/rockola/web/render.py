"""Pages as HTML: a template, in the reader's language, numbers and colours, which are kept when they are chosen."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rockola.vote.contest import Contest
from rockola.web.assets import Assets
from rockola.web.guard import Guard
from rockola.web.problems import RETRY
from rockola.web.words import LANGUAGES, Words, pick_locale, words_of

TEMPLATES = Path(__file__).parent / "templates"
THEMES = ("light", "dark")
CHOICES = {"lang": LANGUAGES, "theme": THEMES}
YEAR = 31_536_000  # seconds a choice is kept
VARY = {"Vary": "Accept-Language, Cookie"}
SHEET = re.compile('rel="stylesheet" href="([^"]+)"')


class Renderer:
    """Answers with pages. A template has `words`, `_`, `ngettext`, `asset`, `contest` and what it is given."""

    def __init__(self, assets: Assets, contest: Contest, guard: Guard) -> None:
        self._contest, self._guard, self._spoken = contest, guard, assets.spoken()
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(asset=assets.url, contest=contest)

    def words(self, request: Request) -> Words:
        """The reader's: of the URL, else as kept, else the browser's."""
        asked, kept = request.query_params.get("lang", ""), request.cookies.get("lang", "")
        return words_of(pick_locale(asked, kept, request.headers.get("accept-language", "")), self._contest.zone)

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        status: int = HTTPStatus.OK,
    ) -> Response:
        """The answer to a request; one that could not be given now says when to ask again."""
        text = self._environment.get_template(template).render(**self._context(request), **values)
        headers = VARY | RETRY if status == HTTPStatus.SERVICE_UNAVAILABLE else VARY
        answer = Response(text, status, headers | early(text), media_type="text/html")
        for name, known in CHOICES.items():
            if (choice := request.query_params.get(name, "")) in known:
                secure = request.url.scheme == "https"
                answer.set_cookie(name, choice, max_age=YEAR, samesite="lax", secure=secure)
        return answer

    def _context(self, request: Request) -> dict[str, Any]:
        words = self.words(request)
        wishes = (request.query_params.get("theme"), request.cookies.get("theme"))
        return {
            "words": words,
            "_": words.gettext,
            "ngettext": words.ngettext,
            "script_words": words.for_scripts(self._spoken),
            "theme": next((wish for wish in wishes if wish in THEMES), None),
            "path": request.url.path,
            "choosing": _choosing(request),
            "is_signed_in": bool(self._guard.token) and self._guard.is_organiser(request),
        }


def early(text: str) -> dict[str, str]:
    """The header that names a page's style sheet, for which a browser asks before it has read the page."""
    sheet = SHEET.search(text)  # there is one, in the head
    return {"Link": f"<{sheet[1]}>; rel=preload; as=style"} if sheet else {}


def _choosing(request: Request) -> dict[str, str]:
    """The address of this page with each choice in it, as `lang=es`, and everything else as it was."""
    known = ((name, choice) for name, choices in CHOICES.items() for choice in choices)
    return {choice: f"?{request.url.include_query_params(**{name: choice}).query}" for name, choice in known}
