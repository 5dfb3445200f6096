"""The indexes of a collection of votes: which are missing, and making them."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from rockola.archive import Unserved
from rockola.archive.mongo_connection import Votes, answers
from rockola.archive.mongo_queries import INDEXES, Index
from rockola.findings import Finding, Grade, finding

REFUSED = (13, 85, 86)  # codes: its user may not, or another index has the name or the keys
SCANS = (
    "A start by a user who may createIndex makes them; until then pages are refused and rebuilds read all documents."
)
MEMORY, PATIENCE = 30.0, 2.0  # seconds: between two looks at the indexes, and of a look
NEVER = float("-inf")


def missing(votes: Votes) -> list[Index]:
    """Those that are not there, by whatever name."""
    return _lacking(votes.index_information())


class Served:
    """Whether an index serves what is asked; any number of threads."""

    def __init__(self, votes: Votes) -> None:
        self._votes, self._complete = votes, NEVER

    def require(self, wanted: Sequence[Index]) -> None:
        """Unserved when none of them is there; that all were there is believed for a while."""
        if time.monotonic() - self._complete < MEMORY:
            return
        with answers(PATIENCE):
            there = self._votes.index_information()
        lacking = _lacking(there)
        if not lacking:
            self._complete = time.monotonic()
        elif there and all(index in lacking for index in wanted):  # where none is, there is no collection yet
            names = " or ".join(index.name for index in wanted)
            raise Unserved(f"the archive lacks the index {names}: without it every document would be read")


def make_indexes(votes: Votes) -> Finding:
    """Makes what is missing, and tells what is missing still: without them everything is right, and slow."""
    if lacking := missing(votes):
        try:
            votes.create_indexes([_model(index) for index in lacking])
        except OperationFailure as error:
            if error.code not in REFUSED:
                raise
    return indexes_found(missing(votes))


def indexes_found(lacking: Sequence[Index]) -> Finding:
    """Whether all are there."""
    found = f"{', '.join(index.name for index in lacking)} missing" if lacking else "all there"
    return finding("indexes", found, not lacking, SCANS, Grade.RISKY)


def _lacking(there: Mapping[str, Any]) -> list[Index]:
    keys = [list(index["key"]) for index in there.values()]
    return [index for index in INDEXES if list(index.keys) not in keys]


def _model(index: Index) -> IndexModel:
    options = {"partialFilterExpression": index.partial} if index.partial else {}
    return IndexModel(list(index.keys), name=index.name, **options)
