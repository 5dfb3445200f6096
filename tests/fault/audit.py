"""The oracle: holds the ledger of a crowd against log, archive and tally, once everything is counted."""

import json
from collections import Counter
from collections.abc import Sequence

from books import Books, flattened
from oracle import Rules, verdicts
from running import run, until
from voters import Promise


def await_counted(books: Books, seconds: float = 60) -> None:
    """Returns when the tally stands at the end of the log (F)."""
    try:
        until(lambda: books.positions() == books.ends(), "the end of the count", seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}: {books.positions()} of {books.ends()}") from error


def check_ledger(books: Books, ledger: Sequence[Promise], seconds: float = 60) -> None:
    """A to F of the oracle."""
    await_counted(books, seconds)
    check_archive(books)
    kept = books.kept()
    counted = Counter(one.id for one in kept.values() if one.verdict == "counted" and one.id)
    logged = {json.loads(value).get("id") for _, _, value in flattened(books.records())}
    accepted = {one.id for one in ledger if one.answer == "accepted"}
    refused = {one.id for one in ledger if one.answer == "refused"}
    assert {counted[one] for one in accepted} <= {1}, "A: an accepted id is not counted exactly once"
    assert not (refused - accepted) & logged, "B: a refused vote is in the log"
    assert max(counted.values(), default=0) <= 1, "C: an id is counted twice"
    receipts = {f"{partition}.{offset}": one.id for (partition, offset), one in kept.items()}
    promised = {one.receipt.partition(".")[2]: one.id for one in ledger if one.receipt}
    assert promised.items() <= receipts.items(), "A: a receipt names another record"
    check_verified(books)


def check_archive(books: Books) -> None:
    """Every record of the log is archived once, with the verdict that a single reader of the log gives it."""
    kept = {place: one[:2] for place, one in books.kept().items()}
    said = {
        (partition, offset): verdict
        for partition, rows in books.records().items()
        for offset, verdict in verdicts(rows, Rules()).items()
    }
    assert kept == said, "the archive differs from the log"


def check_verified(books: Books) -> None:
    """D and E: `rockola verify` agrees."""
    done = run("verify", *books.flags)
    assert done.returncode == 0, done.stderr
