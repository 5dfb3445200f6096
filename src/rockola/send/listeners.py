"""Who is told what happens to votes: the ledger that tests check promises against, the report of bad rows."""

from collections.abc import Sequence
from typing import BinaryIO, Protocol

import msgspec

from rockola.send.answers import Fate, Outcome
from rockola.send.rows import BadRow, Ballot

Settled = tuple[Ballot, Outcome]
_written = msgspec.json.Encoder().encode_lines


class Listener(Protocol):
    """Is told by the sender, in its loop: it must not wait."""

    def sending(self, ballots: Sequence[Ballot]) -> None:
        """These are about to be sent, for the first time."""

    def settled(self, votes: Sequence[Settled]) -> None:
        """These are accepted or refused."""


class Ledger:
    """Writes an NDJSON line before a vote is sent and one when it is settled; a kill loses neither."""

    def __init__(self, file: BinaryIO) -> None:
        """`file` is not buffered."""
        self._file = file

    def sending(self, ballots: Sequence[Ballot]) -> None:
        """See Listener."""
        self._file.write(_written([{"id": ballot.id, "fate": "sent"} for ballot in ballots]))

    def settled(self, votes: Sequence[Settled]) -> None:
        """See Listener."""
        self._file.write(_written([{"id": b.id, "fate": o.fate, "receipt": o.receipt} for b, o in votes]))


class Report:
    """Writes an NDJSON line for each bad row, found here or refused by the door."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def bad(self, row: BadRow) -> None:
        """A row that is not sent."""
        self._file.write(_written([row._asdict()]))

    def sending(self, ballots: Sequence[Ballot]) -> None:
        """See Listener."""

    def settled(self, votes: Sequence[Settled]) -> None:
        """See Listener."""
        for ballot, outcome in votes:
            if outcome.fate is Fate.REFUSED:
                self.bad(refused_row(ballot, outcome))


def refused_row(ballot: Ballot, outcome: Outcome) -> BadRow:
    """A row that the door refused, as one that was found bad here."""
    return BadRow(ballot.file, ballot.row, ballot.line, outcome.field, outcome.reason)
