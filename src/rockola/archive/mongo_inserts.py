"""Inserts into a collection: what comes while others are inserted goes in together, in one command.

A command and its majority cost far more than a document more, see docs/adr/0020.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.errors import BulkWriteError, OperationFailure

from rockola.archive.mongo_connection import Votes, answers
from rockola.archive.mongo_documents import Written
from rockola.archive.together import Together
from rockola.vote.errors import Unavailable

TAKEN = 11000  # the code of a key that is there already
WHOLE: Mapping[str, Any] = {"writeErrors": [], "writeConcernErrors": []}


class _Insert:
    """What one caller wants to have inserted, by `_id`, and what became of it."""

    def __init__(self, documents: Mapping[str, Written]) -> None:
        self.documents = documents
        self.taken: Mapping[str, str] = {}
        self.error: Unavailable | None = None

    def learn(self, details: Mapping[str, Any]) -> None:
        """What a command says of these documents among others."""
        mine = [failure for failure in details["writeErrors"] if failure["op"]["_id"] in self.documents]
        others = [*details["writeConcernErrors"], *(failure for failure in mine if failure["code"] != TAKEN)]
        self.taken = {failure["op"]["_id"]: failure["errmsg"] for failure in mine}
        self.error = _failed(others[0]) if others else None


class Inserts:
    """Inserts for callers on any thread."""

    def __init__(self, votes: Votes) -> None:
        self._votes, self._together = votes, Together(self._insert)

    def insert(self, documents: Mapping[str, Written]) -> Mapping[str, str]:
        """Inserts each that it can, durably; each `_id` that was taken, with what the server says of it.

        Unavailable: any of them may be there.
        """
        if not documents:
            return {}
        mine = _Insert(documents)
        self._together.do(mine)
        if mine.error is not None:
            raise mine.error
        return mine.taken

    def _insert(self, going: Sequence[_Insert]) -> None:
        """All in one command."""
        details = self._ask([document for one in going for document in one.documents.values()])
        for one in going:
            one.learn(details)

    def _ask(self, documents: Sequence[Written]) -> Mapping[str, Any]:
        """What the server says of those that it did not insert."""
        with answers():
            try:
                self._votes.insert_many(documents, ordered=False)
            except BulkWriteError as error:
                return error.details
        return WHOLE


def _failed(failure: Mapping[str, Any]) -> Unavailable:
    """Told without the documents, which are nobody's to read in a log line."""
    error = Unavailable("archive")
    error.__cause__ = OperationFailure(failure["errmsg"], failure["code"])
    return error
