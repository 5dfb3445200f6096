"""What the last `rockola verify` found, left in the data folder, where the pages of that machine read it."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

NAME = "verified.json"


class Checked(Struct, frozen=True):
    """Whether a recount of this log up to these positions said the same as the tally, and when: ISO 8601, UTC."""

    generation: str | None
    positions: Mapping[str, int]
    at: str
    same: bool


def leave(folder: Path, checked: Checked) -> None:
    """Writes it, all or nothing; not where there is no such folder, or one that may not be written to."""
    if os.access(folder, os.W_OK):
        own = folder / f"{NAME}.{os.getpid()}"
        own.write_bytes(msgspec.json.encode(checked))
        own.rename(folder / NAME)


def last(folder: Path) -> Checked | None:
    """What was left last; None when nothing that can be read was."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Checked)
    except (OSError, msgspec.DecodeError):
        return None
