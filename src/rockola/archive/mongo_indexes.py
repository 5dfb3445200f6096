"""The indexes of a collection of votes: which are missing, and making them."""

from collections.abc import Sequence

from pymongo import IndexModel
from pymongo.errors import OperationFailure

from rockola.archive.mongo_connection import Votes
from rockola.archive.mongo_queries import INDEXES, Index
from rockola.findings import Finding, Grade, finding

REFUSED = (13, 85, 86)  # codes: its user may not, or another index has the name or the keys
SCANS = "A start by a user who may createIndex makes them; until then pages and rebuilds read every document."


def missing(votes: Votes) -> list[Index]:
    """Those that are not there, by whatever name."""
    there = [list(index["key"]) for index in votes.index_information().values()]
    return [index for index in INDEXES if list(index.keys) not in there]


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


def _model(index: Index) -> IndexModel:
    options = {"partialFilterExpression": index.partial} if index.partial else {}
    return IndexModel(list(index.keys), name=index.name, **options)
