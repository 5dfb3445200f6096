"""Examines the stores: whether their settings hold the promise, and whether they belong to one another."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from textwrap import shorten
from typing import NamedTuple

from rockola.findings import Finding, Grade, finding
from rockola.opening import STORES, examine, open_archive, open_log_writer, open_tally
from rockola.settings import Settings
from rockola.tally import Source
from rockola.vote.contest import Contest
from rockola.vote.errors import BrokenPromise, Unavailable

LONGEST = 120  # characters of a driver's word that a table shows


class Symptom(NamedTuple):
    """A finding, and the store it is of."""

    store: str
    finding: Finding


def symptoms_of(settings: Settings, contest: Contest) -> list[Symptom]:
    """Everything that was found, store by store; what belongs together is asked when all of them answer."""
    symptoms = [Symptom(store, each) for store in STORES for each in _findings(settings, store)]
    if all(each.finding.grade is not Grade.BROKEN for each in symptoms):
        symptoms += _together(settings, contest)
    return symptoms


def _findings(settings: Settings, store: str) -> Sequence[Finding]:
    try:
        return examine(store, settings.url(store))
    except Unavailable as error:
        cause = shorten(str(error.__cause__ or "no"), LONGEST)
        return [Finding("answers", cause, Grade.BROKEN, f"Start it, or correct --{store}.")]
    except BrokenPromise as error:
        return [Finding("fit", "no", Grade.BROKEN, str(error))]


def _together(settings: Settings, contest: Contest) -> Iterator[Symptom]:
    log = asyncio.run(_source(settings, contest))
    with closing(open_tally(settings.url("tally"))) as tally:
        counted = tally.totals().source or log
    for name in Source._fields:
        have, want = getattr(counted, name), getattr(log, name)
        advice = f"The tally's {name} is {have}, and here it is {want}: it counts by no other, ever."
        yield Symptom("tally", finding(name, have, have == want, advice))
    with closing(open_archive(settings.url("archive"))) as archive:
        kept = archive.generation() or log.generation
    advice = f"The archive keeps the log {kept}, and the log is {log.generation}: use an archive of its own."
    yield Symptom("archive", finding("generation", kept, kept == log.generation, advice))


async def _source(settings: Settings, contest: Contest) -> Source:
    writer = await open_log_writer(settings.url("log"))
    await writer.close()
    return Source(writer.generation, writer.partitions, contest.digest)
