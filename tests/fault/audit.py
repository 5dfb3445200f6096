"""The oracle: holds the ledger of a crowd against log, archive and tally, once everything is counted."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from oracle import Rules, verdicts
from running import run, until
from voters import Promise


def ask(data: Path, store: str, question: str, *values: object) -> list[tuple[object, ...]]:
    """Rows of a store's file."""
    with closing(sqlite3.connect(data / f"{store}.db", timeout=10)) as connection:
        return connection.execute(question, values).fetchall()


def end_of_log(data: Path) -> int:
    ((end,),) = ask(data, "log", "SELECT coalesce(max(offset) + 1, 0) FROM records")
    return int(str(end))


def position(data: Path) -> int | None:
    rows = ask(data, "tally", "SELECT position FROM positions")
    return int(str(rows[0][0])) if rows else None


def await_counted(data: Path, seconds: float = 60) -> None:
    """Returns when the tally stands at the end of the log (F)."""
    until(lambda: position(data) == end_of_log(data), "the end of the count", seconds)


def check_ledger(data: Path, ledger: Sequence[Promise]) -> None:
    """A to F of the oracle."""
    await_counted(data)
    check_archive(data)
    counted = Counter(str(row[0]) for row in ask(data, "archive", "SELECT id FROM votes WHERE verdict = 'counted'"))
    logged = {str(row[0]) for row in ask(data, "log", "SELECT record ->> 'id' FROM records")}
    accepted = {one.id for one in ledger if one.answer == "accepted"}
    refused = {one.id for one in ledger if one.answer == "refused"}
    assert {counted[one] for one in accepted} <= {1}, "A: an accepted id is not counted exactly once"
    assert not (refused - accepted) & logged, "B: a refused vote is in the log"
    assert max(counted.values(), default=0) <= 1, "C: an id is counted twice"
    check_receipts(data, ledger)
    check_verified(data)


def check_archive(data: Path) -> None:
    """Every record of the log is archived once, with the verdict that a single reader of the log gives it."""
    rows = ask(data, "archive", "SELECT offset, verdict, duplicate_of FROM votes")
    with closing(sqlite3.connect(data / "log.db")) as log:
        assert {row[0]: row[1:] for row in rows} == verdicts(log, 0, Rules()), "the archive differs from the log"


def check_receipts(data: Path, ledger: Sequence[Promise]) -> None:
    """Every receipt names the record of its vote."""
    kept = {f"0.{offset}": own for offset, own in ask(data, "archive", "SELECT offset, id FROM votes")}
    promised = {one.receipt.partition(".")[2]: one.id for one in ledger if one.receipt}
    assert promised.items() <= kept.items(), "A: a receipt names another record"


def check_verified(data: Path) -> None:
    """D and E: `rockola verify` agrees."""
    done = run("verify", "--data", str(data))
    assert done.returncode == 0, done.stderr
