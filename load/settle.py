"""The end of a run: unknown votes are sent again, the count is waited for, and every promise is asked for."""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain

from load.audit import audit, recount
from load.ledger import Ledger
from load.options import Plan
from load.pages import PAUSE, Pages, Results, Silent, place_of
from rockola.send.answers import Fate
from rockola.send.errors import WrongDoor
from rockola.send.manner import Manner
from rockola.send.sender import Sender

TOLD = 20  # broken promises that are named

log = logging.getLogger("rockola.load")


def settle(plan: Plan, ledger: Ledger, wrong: Iterable[str]) -> bool:
    """Whether every promise was kept; says so, and which were not. `wrong` is what is known to have gone wrong."""
    log.info("settling: %s", _told(ledger))
    broken = list(chain(wrong, _repeated(plan, ledger), _audited(plan, ledger)))
    for sentence in broken[:TOLD]:
        log.error("%s", sentence)
    if broken:
        log.error("PROMISES WERE BROKEN: %s in all; %s", f"{len(broken):,}", _told(ledger))
    else:
        log.info("every promise was kept: %s", _told(ledger))
    return not broken


def _told(ledger: Ledger) -> str:
    fates = ledger.fates()
    return ", ".join(f"{fates[fate]:,} {fate}" for fate in Fate)


def _repeated(plan: Plan, ledger: Ledger) -> Iterator[str]:
    """Sends what is unknown again, by each door until one answers; nothing when it is to be left alone."""
    for door in plan.doors if plan.repeats else ():
        if not (unknown := ledger.unknown()):
            return
        log.info("%s votes have no answer, and are sent again to %s", f"{len(unknown):,}", door)
        manner = Manner((door,), patience=plan.patience / len(plan.doors))
        try:
            asyncio.run(Sender(manner, [ledger]).send(unknown, len(unknown)))
        except WrongDoor as error:
            yield f"{door} {error}"
    if plan.repeats and (left := ledger.fates()[Fate.UNKNOWN]):
        yield f"{left:,} votes got no answer, however often they were sent again"


def _audited(plan: Plan, ledger: Ledger) -> Iterator[str]:
    with closing(Pages(plan.pages, plan.token, plan.patience)) as pages:
        try:
            results = _counted(pages, plan.patience, ledger)
            recounted = recount(pages.votes(), results, {promise.id for promise in ledger})
        except Silent as error:
            yield f"nobody can tell whether the promises were kept: {error}"
            return
    yield from audit(ledger, recounted, results)


def _counted(pages: Pages, patience: float, ledger: Ledger) -> Results:
    """The results once they hold every accepted vote, or once they did not move for too long."""
    promised = _last(ledger)
    results, moved = pages.results(), time.monotonic()
    while time.monotonic() < moved + patience and not all(map(results.holds, promised)):
        time.sleep(PAUSE)
        before, results = results, pages.results()
        if results.positions != before.positions:
            moved = time.monotonic()
    return results


def _last(ledger: Ledger) -> list[str]:
    """The receipt with the last place of each log and partition that was promised."""
    receipts = (receipt for promise in ledger for receipt in promise.receipts)
    places = sorted(filter(None, map(place_of, receipts)))
    return [str(place) for place in {place[:2]: place for place in places}.values()]
