"""Recounts the log and the archive, and compares with the tally at the tally's positions.

Nothing of the consumer, its rules, its codec or the adapters is used: what they got wrong would be got wrong again.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Literal

from rockola.verify.files import Files
from rockola.verify.passes import Passes
from rockola.verify.report import Outcome, Report, Tallied, reported
from rockola.verify.sources import Archive, Log, open_archive, open_log, read_tally, scheme
from rockola.vote.contest import Contest

__all__ = ["Only", "Report", "verify"]

Only = Literal["log", "archive"]
SHORT = "The log ends at {0}.{1}, before the position {0}.{2} that was counted up to: it lost records."


def verify(log: str, archive: str, tally: str, contest: Contest, only: Only | None = None) -> Report:
    """Compares the stores of these URLs, which may be in use; with `only`, that one and the tally.

    Unavailable when one cannot be read; WrongUrl when none such can be recounted.
    """
    tallied, compared = read_tally(tally), [only] if only else ["log", "archive"]
    with ExitStack() as opened:
        kept = None if only == "log" else opened.enter_context(closing(open_archive(archive)))
        written = None if only == "archive" else opened.enter_context(closing(open_log(log)))
        if strangers := list(_strangers(tallied, written, kept)):
            return reported(compared, tallied, Outcome({}, strangers))
        short = list(_short(tallied.positions, written)) if written else []
        if only is None and scheme(log) == scheme(archive) == "sqlite":
            outcome = Files(log, archive, tallied.positions, contest).recount()
        else:
            outcome = Passes(written, kept, contest).over(tallied.positions)
    return reported(compared, tallied, Outcome(outcome.recounts, [*short, *outcome.differences]))


def _strangers(tallied: Tallied, log: Log | None, archive: Archive | None) -> Iterator[str]:
    """What says that a store belongs to another count: then everything in it differs."""
    if tallied.positions and log and log.generation != tallied.generation:
        yield f"The tally counts the log {tallied.generation}, and the log is {log.generation}."
    if tallied.positions and archive and archive.generation != tallied.generation:
        yield f"The tally counts the log {tallied.generation}, and the archive keeps the log {archive.generation}."


def _short(positions: Mapping[int, int], log: Log) -> Iterator[str]:
    """What says that the log lost its end."""
    for partition, position in sorted(positions.items()):
        if (end := log.bounds(partition)[1]) < position:
            yield SHORT.format(partition, end, position)
            return
