"""The archive in MongoDB: a document a record, its `_id` the place, kept when a majority has it on its disks."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

from bson import Int64
from pymongo import ReturnDocument
from pymongo.cursor import Cursor as Found
from pymongo.errors import OperationFailure

from rockola.archive import COUNTING, Cursor, Document, Page, Query, Summary, other_log, page_of
from rockola.archive.bars import Counted, summarise
from rockola.archive.mongo_connection import AT_START, LOG, NEVER, Connection, answers
from rockola.archive.mongo_documents import Written, count, kept_by, read, show, write
from rockola.archive.mongo_findings import examined
from rockola.archive.mongo_indexes import Served, make_indexes
from rockola.archive.mongo_inserts import Inserts
from rockola.archive.mongo_queries import (
    BY_PLACE,
    COUNTED,
    IN_FULL,
    IN_ORDER,
    NEWEST,
    OLDEST,
    REPLAYED,
    outside,
    paged,
    replayed,
    serving,
)
from rockola.archive.together import Together
from rockola.failpoints import failpoint
from rockola.findings import Finding, require_fit, warn
from rockola.vote.errors import Contradiction, Unavailable, WrongLog
from rockola.vote.model import Judged, Place

PATIENCE = 2.0  # seconds a question may take that a reader waits for
MOST, PIECE = 5000, 500  # documents that a summary counts, and reads at once
BATCH = 2000  # documents read at once while a tally is rebuilt: those ahead come while these are counted


class MongoArchive:
    """An Archive in one collection, and a document of what it is beside it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._votes, self._log = connection.votes, connection.log
        self._inserts, self._served = Inserts(connection.votes), Served(connection.votes)
        self._generation = ""
        self._checkpoints = Together(self._reach)
        self._ends: dict[int, int] = {}  # where this archive's last `keep` of a partition ended

    def bind(self, generation: str) -> None:
        """See Archive; makes the indexes that are missing."""
        _require_same(self.generation() or generation, generation)
        with answers(AT_START):
            if other := self._votes.find_one(outside(generation), {"_id": 1}):
                raise other_log(kept_by(other) or "of another program", generation)
        with answers():
            claim = {"$setOnInsert": {"generation": generation}}
            kept = self._log.find_one_and_update(LOG, claim, upsert=True, return_document=ReturnDocument.AFTER) or {}
        _require_same(kept.get("generation", "of another program"), generation)
        self._generation = generation
        with answers(AT_START):
            warn([make_indexes(self._votes)])

    def generation(self) -> str | None:
        """See Archive."""
        return self._kept().get("generation")

    def keep(self, partition: int, judged: Sequence[Judged]) -> None:
        """See Archive. What may be there already is looked for first, so that nothing is added to a contradiction."""
        if not judged:
            return
        documents = write(self._generation, partition, judged)
        follows = self._ends.pop(partition, judged[0].offset + 1) <= judged[0].offset
        failpoint("archive.keep")
        if taken := self._inserts.insert(documents if follows else self._lacking(documents)):
            failpoint("archive.keep_again")
            lacking = self._lacking({own: documents[own] for own in taken})
            if lacking:  # they are of no majority yet, or not even there
                raise Unavailable("archive") from OperationFailure(taken[next(iter(lacking))])
        self._ends[partition] = judged[-1].offset + 1

    def checkpoint(self, partition: int, position: int) -> None:
        """See Archive."""
        self._checkpoints.do((partition, position))

    def checkpoints(self) -> Mapping[int, int]:
        """See Archive."""
        return {int(partition): int(position) for partition, position in self._kept().get("checkpoints", {}).items()}

    def replay(self, partition: int, start: int, until: int) -> Iterator[Sequence[Judged]]:
        """See Archive; one query, so that what it finds is read once however much it is, and a batch ahead."""
        if start >= until:
            return
        asked = self._votes.find(replayed(partition, start, until), REPLAYED, sort=IN_ORDER, batch_size=BATCH)
        with closing(asked) as cursor, ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(_next, cursor)
            while found := coming.result():
                coming = ahead.submit(_next, cursor)
                yield [read(document) for document in found]

    def page(self, query: Query, start: Cursor | None, limit: int, newer: bool = False) -> Page:
        """See Archive."""
        self._served.require(serving(query))
        asked, sort = paged(query, start, newer), OLDEST if newer else NEWEST
        with answers(PATIENCE):
            found = self._votes.find(asked, IN_FULL, sort=sort, limit=limit + 1).to_list()
        return page_of([show(document) for document in found], limit, newer)

    def between(self, partition: int, start: int, until: int) -> Sequence[Document]:
        """See Archive."""
        self._served.require([BY_PLACE])
        with answers(PATIENCE):
            found = self._votes.find(replayed(partition, start, until), IN_FULL, sort=IN_ORDER).to_list()
        return [show(document) for document in found]

    def summary(self, query: Query) -> Summary:
        """See Archive; at most the newest MOST of what matches are counted, and as many as come in time."""
        self._served.require(serving(query))
        until, counted = time.monotonic() + COUNTING, list[Counted]()
        asked = self._votes.find(paged(query), COUNTED, sort=NEWEST, limit=MOST + 1, batch_size=PIECE)
        with answers(PATIENCE), closing(asked) as cursor:
            while found := cursor.to_list(PIECE):
                counted += map(count, found)
                if len(found) < PIECE or time.monotonic() > until:
                    break
        return summarise(counted[:MOST], len(found) < PIECE and len(counted) <= MOST)

    def get(self, place: Place) -> Document | None:
        """See Archive."""
        with answers(PATIENCE):
            found = self._votes.find_one({"_id": {"$eq": str(place)}}, IN_FULL)
        return show(found) if found else None

    def close(self) -> None:
        """See Archive."""
        self._connection.close()

    def _reach(self, checkpoints: Sequence[tuple[int, int]]) -> None:
        """Writes those of several partitions."""
        further = {f"checkpoints.{partition}": Int64(position) for partition, position in sorted(checkpoints)}
        with answers():
            if not self._log.update_one(LOG | {"generation": self._generation}, {"$max": further}).matched_count:
                raise WrongLog(f"The archive at {self._connection.name} was replaced or removed while it was written.")

    def _kept(self) -> Mapping[str, Any]:
        with answers(PATIENCE):
            return self._log.find_one(LOG) or {}

    def _lacking(self, documents: Mapping[str, Written]) -> dict[str, Written]:
        """Those that a majority does not have yet; Contradiction when it has another under one's place."""
        lacking = dict(documents)
        with answers():
            kept = self._votes.find({"_id": {"$in": list(documents)}}).to_list()
        for found in kept:
            if lacking.pop(found["_id"]) != found:
                raise Contradiction(
                    f"The archive holds something else than the log says, under {found['_id']}. "
                    "`rockola verify` says more."
                )
        return lacking


def open_archive(url: str) -> MongoArchive:
    """Opens `mongodb://[user:password@]host[:port][,host…]/[database]?collection=votes`, or a `mongodb+srv` one."""
    with ExitStack() as opened:
        connection = opened.enter_context(closing(Connection(url)))
        warn(require_fit(connection.name, examined(connection)))
        opened.pop_all()
        return MongoArchive(connection)


def examine(url: str) -> Sequence[Finding]:
    """The settings that are part of the promise, of the URL, the server and the collection."""
    with closing(Connection(url)) as connection:
        return list(examined(connection))


def _require_same(kept: str, generation: str) -> None:
    if kept != generation:
        raise other_log(kept, generation)


def _next(cursor: Found[Written]) -> list[Written]:
    """As fast as PyMongo gives documents: half the cost of asking for one at a time."""
    with answers(NEVER):  # the server would count what all batches take together
        return cursor.to_list(BATCH)
