"""The log of votes as it grows: what came to the archive since one asked, also what was received long before."""

from dataclasses import dataclass
from functools import partial

from rockola.archive import Archive, Document, Query, cursor_of
from rockola.web.cursor import TailCursor, write_tail
from rockola.web.logged import Given, LoggedVote, query_of, served, shown
from rockola.web.problems import Problem

LOOKED = 1000  # records that an answer goes through: some 20 ms


@dataclass(frozen=True)
class Arrivals:
    """What was archived since, newest first. `next` asks for what comes later; null while nothing was ever counted.

    There is `more` when that would be answered at once.
    """

    votes: tuple[LoggedVote, ...]
    next: str | None
    more: bool


class Tail:
    """The end of an archive, followed by the positions up to which everything is kept: nothing comes before them."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def end(self) -> str | None:
        """What asks for everything that is archived from now on."""
        return self.since({}).next

    def since(self, given: Given) -> Arrivals:
        """Of what was archived after `since`, that which all filters hold for; nothing when that is not said."""
        generation, ends = self._archive.generation(), dict(self._archive.checkpoints())
        start: TailCursor | None = given.get("since")
        if start and start.generation != generation:
            raise Problem(410, "other_log", "that tail was of another log: begin again without `since`", "since")
        if generation is None:
            return Arrivals((), None, False)
        known = start.positions if start else ends
        behind = {
            partition: known.get(partition, 0) for partition, end in ends.items() if known.get(partition, 0) < end
        }
        reached = ends | {each: min(ends[each], at + LOOKED // len(behind) + 1) for each, at in behind.items()}
        with served():
            found = [one for each, at in behind.items() for one in self._archive.between(each, at, reached[each])]
        votes = sorted(filter(partial(holds, query_of(given)), found), key=cursor_of, reverse=True)
        return Arrivals(tuple(map(shown, votes)), write_tail(TailCursor(reached, generation)), reached != ends)


def holds(query: Query, document: Document) -> bool:
    """Whether all filters hold for a document, as an archive would find."""
    at = document.received_at or 0
    is_then = (query.since or 0) <= at and (query.until is None or at < query.until)
    return is_then and all(getattr(document, name) == value for name, value in query.equal.items())
