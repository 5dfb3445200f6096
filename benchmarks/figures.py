"""What is measured, what is wanted of it, and where it falls short."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

Details = Mapping[str, object]


class Want(NamedTuple):
    """A bound, and whether it is the least or the most that is wanted."""

    bound: float
    least: bool = True

    def holds(self, value: float) -> bool:
        """Whether a value is as good as wanted."""
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.bound:,g}"


WANTED = {
    "embedded_64": Want(20_000),
    "embedded_256": Want(25_000),
    "embedded_to_plain": Want(20),
    "embedded_to_plain_256": Want(20),
    "batches": Want(80_000),
    "consumer_send_ids": Want(50_000),
    "consumer_random_ids": Want(50_000),
    "stream_p99": Want(100, least=False),
    "verify": Want(3, least=False),
    "rebuild": Want(50_000),
}


@dataclass(frozen=True)
class Figure:
    """A measured number with its unit, and what belongs beside it."""

    name: str
    value: float
    unit: str
    details: Details = field(default_factory=dict)

    @property
    def short(self) -> bool:
        """Whether it is not as good as wanted."""
        return self.name in WANTED and not WANTED[self.name].holds(self.value)

    @property
    def sentence(self) -> str:
        """What is short, and by how much."""
        word = "at least" if WANTED[self.name].least else "at most"
        return f"{self.name} is {spelled(self.value)} {self.unit}, and {word} {WANTED[self.name].bound:,g} is wanted."


def spelled(value: float) -> str:
    """A number as a table shows it."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def middle(runs: Iterable[Figure]) -> Figure:
    """The median of repeated runs, with the details of the run that is nearest to it and every run's value."""
    ranked = list(runs)
    value = median(run.value for run in ranked)
    nearest = min(ranked, key=lambda run: abs(run.value - value))
    details = {**nearest.details, "runs": [run.value for run in ranked]}
    return Figure(nearest.name, value, nearest.unit, details)


def ratios(figures: Mapping[str, Figure]) -> list[Figure]:
    """How many times a plain figure goes into the embedded one of as many connections, 64 if not said."""
    found = []
    for name in ("plain_64", "plain_256", "plain_wal_64", "plain_wal_256"):
        embedded = f"embedded_{name.rpartition('_')[2]}"
        if name in figures and embedded in figures:
            value = round(figures[embedded].value / figures[name].value, 1)
            found.append(Figure(f"embedded_to_{name}".removesuffix("_64"), value, "times"))
    return found
