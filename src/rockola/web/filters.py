"""The filters of the explorer: what its URL says, and the URLs in which one of them is another."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request

from rockola.web.logged import FILTERS, TURNS, Histogram
from rockola.web.problems import Problem
from rockola.web.query import EPOCH, pairs_of, read_pairs
from rockola.web.render import CHOICES
from rockola.web.watch import stamp

LATEST = 253_370_764_800_000  # 9999 in Unix milliseconds; a calendar has no later year
WITHOUT_ZONE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")  # as browsers send a time


class Chip(NamedTuple):
    """A filter that is set, its text, and the URL without it."""

    name: str
    text: str
    url: str


class Bar(NamedTuple):
    """A bar of the histogram: votes received from `start` to `end`, and the URL that narrows the page to them."""

    start: str
    end: str
    votes: int
    url: str


class Filters:
    """Of a request; fields that a form sent empty are none. Times without a zone are in the contest's."""

    def __init__(self, request: Request, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._pairs: list[tuple[str, str]] = []
        self._broken: Problem | None = None
        try:
            self._take(pairs_of(request))
        except Problem as problem:
            self._broken = problem
        self.texts = dict(self._pairs)

    def read(self) -> Mapping[str, Any]:
        """The parameters, read; Problem 400 for any that breaks its rule."""
        if self._broken:
            raise self._broken
        return read_pairs(self._pairs, *FILTERS, *TURNS)

    def url(self, **changes: str | None) -> str:
        """The first page with some filters changed; None drops one."""
        return f"/votes{self.query(**changes)}"

    def query(self, **changes: str | None) -> str:
        """The filters as a query, in one order; empty when there are none."""
        wanted = {**{name: self.texts.get(name) for name in FILTERS}, **changes}
        kept = {name: text for name, text in wanted.items() if text}
        return f"?{urlencode(kept)}" if kept else ""

    @property
    def is_live(self) -> bool:
        """Whether new votes may come to the page: it is the first, and has no end."""
        return not self.is_turned and "to" not in self.texts

    @property
    def is_turned(self) -> bool:
        """Whether the page is another than the first."""
        return bool(self.texts.keys() & {"after", "before"})

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set; band and album are dropped together."""
        candidate = " · ".join(self.texts[name] for name in ("album", "name") if name in self.texts)
        told = [Chip("candidate", candidate, self.url(name=None, album=None))] if candidate else []
        others = (name for name in FILTERS if name in self.texts and name not in {"name", "album"})
        return told + [Chip(name, self.texts[name], self.url(**{name: None})) for name in others]

    def instant(self, name: str) -> str | None:
        """A bound as the API writes instants; None when it is none."""
        given = self._bound(name)
        return None if given is None else stamp(given / 1000)

    def local(self, name: str) -> str:
        """A bound as a field for times holds it; empty when it is none."""
        given = self._bound(name)
        return "" if given is None else datetime.fromtimestamp(given / 1000, self._zone).strftime("%Y-%m-%dT%H:%M")

    def bars(self, histogram: Histogram) -> list[Bar]:
        """The bars of a histogram, oldest first."""
        first = round((datetime.fromisoformat(histogram.start) - EPOCH).total_seconds())
        starts = [stamp(first + number * histogram.step) for number in range(len(histogram.votes) + 1)]
        spans = zip(starts, starts[1:], histogram.votes, strict=False)
        return [Bar(start, end, votes, self.url(**{"from": start, "to": end})) for start, end, votes in spans]

    def _take(self, pairs: Iterable[tuple[str, str]]) -> None:
        given = ((name, text.strip()) for name, text in pairs if name not in CHOICES)
        self._pairs += [(name, self._zoned(name, text)) for name, text in given if text]

    def _bound(self, name: str) -> int | None:
        """Unix milliseconds."""
        if name not in {"from", "to"} or name not in self.texts:
            return None
        try:
            given = int(read_pairs([(name, self.texts[name])], name)[name])
        except Problem:
            return None
        return given if given < LATEST else None

    def _zoned(self, name: str, text: str) -> str:
        if name not in {"from", "to"} or not WITHOUT_ZONE.fullmatch(text):
            return text
        try:
            local = datetime.fromisoformat(text).replace(tzinfo=self._zone)
            return local.astimezone(UTC).isoformat()  # a zone's offset of 1900 has seconds, which ISO 8601 has not
        except (ValueError, OverflowError):
            return text
