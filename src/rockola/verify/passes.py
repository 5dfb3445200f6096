"""The recount of stores of any kind: one pass over each partition's log, beside the archive's rows in the same order.

A partition's counted ids and voters are held while it is passed, and no other's.
"""

from collections.abc import Iterator, Mapping

from rockola.verify.judging import Judge
from rockola.verify.reading import read
from rockola.verify.report import MISJUDGED, NOT_IN_LOG, NOT_KEPT, OUTSIDE, Outcome, Sums
from rockola.verify.sources import Archive, Content, Log, Row
from rockola.vote.contest import Contest

BEGINS = (
    "The log begins at {}, no longer at 0: what it held before was deleted, and nobody can recount it from there. "
    "`rockola verify --archive-only` compares archive and tally without the log."
)
Pairs = Iterator[tuple[int, Row | None, Row | None]]  # an offset, what must be kept under it, and what is kept


class Passes:
    """Recounts log, archive or both, partition by partition."""

    def __init__(self, log: Log | None, archive: Archive | None, contest: Contest) -> None:
        self._log, self._archive, self._contest = log, archive, contest
        self._recounts = {name: Sums() for name, store in (("log", log), ("archive", archive)) if store}
        self._found: dict[str, str] = {}  # the first difference of each kind

    def over(self, positions: Mapping[int, int]) -> Outcome:
        """Recounts what lies before the positions, and compares log and archive row by row when both are there."""
        for partition, position in sorted(positions.items()):
            judge = Judge(self._contest)
            log = self._whole(partition)
            for offset, want, have in self._pairs(log, judge, partition, position):
                if want != have and self._archive:
                    kind = _kind(want, have)
                    self._found.setdefault(kind, kind.format(f"{partition}.{offset}"))
            if log:
                judge.add_to(self._recounts["log"])
            if self._archive:
                self._recounts["archive"].count(self._archive.groups(partition, position))
        if BEGINS in self._found:
            del self._recounts["log"]
        return Outcome(self._recounts, list(self._found.values()))

    def _whole(self, partition: int) -> Log | None:
        """The log, when it still holds the partition from its beginning."""
        if self._log is None:
            return None
        begins, _ = self._log.bounds(partition)
        if begins:
            self._found.setdefault(BEGINS, BEGINS.format(f"{partition}.{begins}"))
        return None if begins else self._log

    def _pairs(self, log: Log | None, judge: Judge, partition: int, position: int) -> Pairs:
        kept = self._archive.rows(partition, position) if self._archive else iter(())
        return merged(judged(log.records(partition, position), judge), kept) if log else judged_again(kept, judge)


def judged(records: Iterator[tuple[int, bytes]], judge: Judge) -> Iterator[Row]:
    """The rows that the archive must hold for these records of a log."""
    for offset, value in records:
        yield judge.count(judge.judge(offset, read(value) or value.hex()))


def judged_again(rows: Iterator[Row], judge: Judge) -> Pairs:
    """Each row as it must be judged in the archive's own order, and as it is."""
    for row in rows:
        want = judge.judge(row.offset, _said(row.content))
        yield row.offset, (want if want.content is row.content else want._replace(content=row.content)), row


def merged(want: Iterator[Row], have: Iterator[Row]) -> Pairs:
    """What has the same offset, together; None beside what stands alone."""
    left, right = next(want, None), next(have, None)
    while left or right:
        if left and right and left.offset == right.offset:
            yield left.offset, left, right
            left, right = next(want, None), next(have, None)
        elif left and (right is None or left.offset < right.offset):
            yield left.offset, left, None
            left = next(want, None)
        elif right:
            yield right.offset, None, right
            right = next(have, None)


def _kind(want: Row | None, have: Row | None) -> str:
    if want is None:
        return NOT_IN_LOG
    if have is None or want.content != have.content:
        return NOT_KEPT
    return OUTSIDE if want.verdict == "not_in_catalogue" else MISJUDGED


def _said(content: Content | str) -> Content | str:
    """What bytes that were kept as unreadable say after all."""
    if not isinstance(content, str):
        return content
    try:
        return read(bytes.fromhex(content)) or content
    except ValueError:  # they were changed, and are no longer any
        return content
