"""Votes by minute and candidate, out of the tally's own counts."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import msgspec

from rockola.tally import Tally
from rockola.vote.rules import MINUTE
from rockola.web.results import Standing
from rockola.web.watch import stamp

SPAN = 60  # minutes shown when it is not said since when
LONGEST = 1440  # minutes of one answer
LEADING = 5  # lines of their own
LINES = 100  # lines of an answer that have a name; all other candidates share one more
AGE = 1.0  # seconds a reading is used again, however many ask
REST = 10  # times as long as a reading took, it is used again as well: a long one does not take all of a core
Candidate = tuple[str, str]


@dataclass(frozen=True)
class Line:
    """A candidate's counted votes, of each minute; those of all together where no names are to be seen."""

    name: str | None
    album: str | None
    votes: tuple[int, ...]


@dataclass(frozen=True)
class Timeseries:
    """Lines that begin at the minute `start` and have a number for each that follows; most votes first.

    Behind a hundred candidates is one line without a name, for all others together.
    """

    start: str
    candidates: tuple[Line, ...]


class Timeline:
    """The minutes of a tally, of two readings: the last hour's, which the page shows, and all there ever were."""

    def __init__(self, tally: Tally, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._recent, self._whole = _Reading(tally), _Reading(tally)

    def since(self, instant: int | None = None) -> Timeseries:
        """From the minute of an instant (Unix milliseconds) on, a day at most; an hour's when it is not said."""
        last = int(self._now() * 1000) // MINUTE
        hour = last - SPAN + 1
        first = hour if instant is None else min(instant // MINUTE, last)
        lines = self._whole.lines(0) if first < hour else self._recent.lines(hour)
        return tabulate(lines, range(first, min(last + 1, first + LONGEST)))


class _Reading:
    """Counts of a tally by minute, which is read once however many ask, and rests in between."""

    def __init__(self, tally: Tally) -> None:
        self._tally, self._lock = tally, Lock()
        self._again, self._lines = 0.0, dict[Candidate, Counter[int]]()

    def lines(self, since: int) -> Mapping[Candidate, Counter[int]]:
        """The votes of each candidate in each minute since one, which never goes back."""
        with self._lock:
            if (began := time.monotonic()) >= self._again:
                self._lines = by_candidate(self._tally.minutes(since))
                ended = time.monotonic()
                self._again = ended + max(AGE, REST * (ended - began))
            return self._lines


def by_candidate(counts: Mapping[str, int]) -> dict[Candidate, Counter[int]]:
    """The counts by minute, of each candidate that has any."""
    lines: defaultdict[Candidate, Counter[int]] = defaultdict(Counter)
    for text, number in counts.items():
        _, name, album, minute = msgspec.json.decode(text)
        lines[name, album][minute] += number
    return dict(lines)


def tabulate(lines: Mapping[Candidate, Counter[int]], minutes: range) -> Timeseries:
    """The lines of some minutes; what lies outside is left out."""
    totals = {key: sum(number for minute, number in line.items() if minute in minutes) for key, line in lines.items()}
    ranked = sorted((key for key, total in totals.items() if total), key=lambda key: (-totals[key], key))
    candidates = [Line(*key, _filled([lines[key]], minutes)) for key in ranked[:LINES]]
    if others := ranked[LINES:]:
        candidates.append(Line(None, None, _filled((lines[key] for key in others), minutes)))
    return Timeseries(stamp(minutes.start * MINUTE / 1000), tuple(candidates))


def _filled(lines: Iterable[Counter[int]], minutes: range) -> tuple[int, ...]:
    """The votes of some lines together, a number for each minute."""
    votes = [0] * len(minutes)
    for line in lines:
        for minute, number in line.items():
            if minute in minutes:
                votes[minute - minutes.start] += number
    return tuple(votes)


def leading(series: Timeseries, standings: Sequence[Standing]) -> list[Line]:
    """The lines of the leading candidates in the order of their places, and one without a name for all the others."""
    found = {(line.name, line.album): line for line in series.candidates}
    shown = [found.pop((one.name, one.album)) for one in standings[:LEADING] if (one.name, one.album) in found]
    if not found:
        return shown
    return [*shown, together(found.values())]


def together(lines: Iterable[Line]) -> Line:
    """The line of all of these, without a name."""
    return Line(None, None, tuple(map(sum, zip(*(line.votes for line in lines), strict=True))))
