"""What a reader may see of the results until they are revealed: all, shares without names, or the total alone."""

from collections.abc import Iterator
from dataclasses import replace

from fastapi import Request

from rockola.vote.contest import Shown
from rockola.web.guard import Guard
from rockola.web.results import Results, Sight, Standing
from rockola.web.timeline import Timeline, Timeseries, together
from rockola.web.watch import Watch

SIGHTS: dict[Shown, Sight] = {"public": "all", "blind": "shares", "organiser": "nothing"}


class View:
    """The count, as whoever asks may see it."""

    def __init__(self, watch: Watch, timeline: Timeline, shown: Shown, guard: Guard) -> None:
        self._watch, self._timeline, self._guard = watch, timeline, guard
        self._public = SIGHTS[shown]

    @property
    def hides(self) -> bool:
        """Whether there is anything to reveal."""
        return self._public != "all"

    def sight(self, request: Request, results: Results) -> Sight:
        """What of these results whoever asks may see."""
        return "all" if results.revealed or self._guard.is_organiser(request) else self._public

    def results(self, request: Request) -> Results:
        """The newest results; Unavailable when there never were any."""
        results = self._watch.results()
        return veiled(results, self.sight(request, results))

    def public(self) -> Results:
        """The newest results as everybody may see them; Unavailable when there never were any."""
        results = self._watch.results()
        return veiled(results, "all" if results.revealed else self._public)

    def minutes(self, request: Request, since: int | None = None) -> Timeseries:
        """The votes by minute, as `Timeline.since`; those of all candidates together where they are not to be seen."""
        series = self._timeline.since(since)
        if self._public == "all" or self.sight(request, self._watch.results()) == "all" or not series.candidates:
            return series
        return Timeseries(series.start, (together(series.candidates),))


def veiled(results: Results, sight: Sight) -> Results:
    """The results without what is not to be seen; totals, doors and verdicts always are."""
    if sight == "all":
        return results
    return replace(results, sight=sight, candidates=tuple(_shares(results.candidates)) if sight == "shares" else ())


def _shares(standings: tuple[Standing, ...]) -> Iterator[Standing]:
    """Shares in whole percent: with exact numbers, who casts one vote would see whose it was."""
    place, before = 0, -1.0
    for number, share in enumerate((round(each.share, 2) for each in standings), 1):
        place, before = (place, before) if share == before else (number, share)
        yield Standing(place, None, None, None, share, None, ())
