"""What the last `rockola verify` found, left in the data folder, where the pages of that machine read it."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

NAME = "verified.json"

log = structlog.get_logger()


class Checked(Struct, frozen=True):
    """Whether a recount of this log up to these positions said the same as the tally, and when: ISO 8601, UTC."""

    generation: str | None
    positions: Mapping[str, int]
    at: str
    same: bool


def leave(folder: Path, checked: Checked) -> None:
    """Writes it, all or nothing; not where there is no such folder. What prevents it otherwise is a warning."""
    own = folder / f"{NAME}.{os.getpid()}"
    if not os.access(folder, os.W_OK):
        return
    try:
        own.write_bytes(msgspec.json.encode(checked))
        own.rename(folder / NAME)
    except OSError as error:
        own.unlink(missing_ok=True)
        log.warning("verified.lost", cause=str(error))


def last(folder: Path) -> Checked | None:
    """What was left last; None when nothing that can be read was."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Checked)
    except (OSError, msgspec.DecodeError):
        return None
