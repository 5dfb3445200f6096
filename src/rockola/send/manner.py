"""How votes are sent, and how it went."""

from dataclasses import dataclass
from typing import NamedTuple

from rockola.send.client import read_address
from rockola.vote.body import LARGEST_BATCH
from rockola.vote.model import Door

DOORS = {Door.GRPC: "http://127.0.0.1:3000/grpc", Door.RUST: "http://127.0.0.1:8000/rust"}


@dataclass(frozen=True)
class Manner:
    """`urls` are doors that have their shares in turn; `batch` 1 sends each vote by itself.

    `rate` is in votes a second, 0 as fast as it goes. After `patience` seconds without a settled vote the rest is
    given up.
    """

    urls: tuple[str, ...] = (DOORS[Door.GRPC],)
    batch: int = 100
    connections: int = 8
    rate: float = 0
    patience: float = 60

    def __post_init__(self) -> None:
        """ValueError says what is out of range."""
        for url in self.urls:
            read_address(url)
        if not 1 <= self.batch <= LARGEST_BATCH:
            raise ValueError(f"a batch has 1 to {LARGEST_BATCH} votes")
        if not 1 <= self.connections <= 1000:
            raise ValueError("there are 1 to 1000 connections")
        if self.rate < 0 or self.patience < 0:
            raise ValueError("rate and patience are not negative")

    @property
    def votes(self) -> int:
        """Votes sent at once: fewer at a low rate, so that they do not come in bursts."""
        return min(self.batch, max(1, int(self.rate / 10))) if self.rate else self.batch


class Result(NamedTuple):
    """How many votes ended how, so far. `repeats` are requests that were sent again."""

    accepted: int
    refused: int
    unanswered: int
    repeats: int
    seconds: float

    @property
    def total(self) -> int:
        """All votes there were to send."""
        return self.accepted + self.refused + self.unanswered
