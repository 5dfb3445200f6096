"""What a single-threaded reader of the log says: written apart from the rules that it judges."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from world import ALBUMS, LIMIT, PARTITIONS, World


class Violation(AssertionError):
    """The promise was broken."""


class Rules(NamedTuple):
    """What the contest allows; None is no limit."""

    albums: Collection[str] | None = None
    votes_per_voter: int | None = None


def verdicts(rows: Iterable[tuple[int, bytes | str]], rules: Rules) -> dict[int, tuple[str, int | None]]:
    """Offset → verdict and the offset it repeats, of the records of a partition in their order."""
    ids: dict[tuple[str, str], int] = {}
    had: Counter[str] = Counter()
    said = {}
    for offset, text in rows:
        record = json.loads(text)
        said[offset] = _verdict(record, ids, had, rules)
        if said[offset][0] == "counted":
            _remember(offset, record, ids, had)
    return said


def _verdict(
    record: dict[str, str], ids: dict[tuple[str, str], int], had: Counter[str], rules: Rules
) -> tuple[str, int | None]:
    voter, key = record.get("voter", ""), record.get("id", "")
    if rules.albums is not None and record["album"] not in rules.albums:
        return "not_in_catalogue", None
    if key and (voter, key) in ids:
        return "duplicate", ids[voter, key]
    if voter and rules.votes_per_voter is not None and had[voter] >= rules.votes_per_voter:
        return "over_limit", None
    return "counted", None


def _remember(offset: int, record: dict[str, str], ids: dict[tuple[str, str], int], had: Counter[str]) -> None:
    voter, key = record.get("voter", ""), record.get("id", "")
    had[voter] += 1
    if key:
        ids[voter, key] = offset


RULES = Rules(ALBUMS, LIMIT)


def check_moment(world: World) -> None:
    """At every moment: the tally equals the recount of the archive before the tally's positions."""
    positions = world.tally.totals().positions
    recount: Counter[str] = Counter()
    for partition, position in positions.items():
        query = "SELECT album FROM votes WHERE verdict = 'counted' AND partition = ? AND offset < ?"
        recount.update(album for (album,) in world.kept.execute(query, (partition, position)))
    if recount != world.counted():
        raise Violation(f"the tally {world.counted()} is not the archive's recount {recount}")


def check_end(world: World) -> None:
    """When all is counted: archive and tally are what a single reader of the log says, and no id was counted twice."""
    want: Counter[str] = Counter()
    counted_ids: Counter[tuple[str | None, str]] = Counter()
    for partition in range(PARTITIONS):
        log = world.log.execute("SELECT offset, record FROM records WHERE partition = ? ORDER BY offset", (partition,))
        said = verdicts(log.fetchall(), RULES)
        rows = world.kept.execute(
            "SELECT offset, verdict, duplicate_of, album, voter, id FROM votes WHERE partition = ?", (partition,)
        ).fetchall()
        if {row[0]: row[1:3] for row in rows} != said:
            raise Violation(f"the archive of {partition} differs from the log")
        counted = [row for row in rows if row[1] == "counted"]
        want.update(row[3] for row in counted)
        counted_ids.update((row[4], row[5]) for row in counted if row[5])
        if world.tally.position(partition) != world.reader.end(partition):
            raise Violation(f"the tally of {partition} did not reach the end")
    if world.counted() != want:
        raise Violation(f"the tally {world.counted()} differs from the log {want}")
    if counted_ids and max(counted_ids.values()) > 1:
        raise Violation("one id was counted twice")
