"""What is measured, what is wanted of it, and where it falls short."""

from collections.abc import Iterable, Iterator, Mapping
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


PAGES = ("results", "explorer", "stage")
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
    "explorer_page_p99": Want(50, least=False),
    "explorer_counts_p99": Want(200, least=False),
    **{f"paint_{page}{way}": Want(100, least=False) for page in PAGES for way in ("", "_from_ours")},
    "kafka_to_fastapi_aiokafka": Want(5),
    "kafka_to_fastapi_aiokafka_256": Want(5),
    "kafka_to_bare_door": Want(0.25),
    "kafka_to_bare_door_256": Want(0.25),
    "gateway_cpu_to_bare_door_cpu": Want(2.5, least=False),
    "gateway_cpu_to_bare_door_cpu_256": Want(2.5, least=False),
    "kafka_batches": Want(80_000),
    "kafka_consumer": Want(30_000),
    "kafka_stream_p99": Want(100, least=False),
    "kafka_stream_unarchived_p99": Want(100, least=False),
    "kafka_rebuild": Want(50_000),
    "valkey_bytes_per_id": Want(80, least=False),
    "valkey_bytes_per_random_id": Want(80, least=False),
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
    """How many times one figure goes into another of the same run; 64 connections where the name says none."""
    found = []
    for name, (above, below) in RATIOS.items():
        if above in figures and below in figures:
            found.append(Figure(name, round(figures[above].value / figures[below].value, 2), "times"))
    for connections in ("64", "256"):
        door, kafka = figures.get(f"bare_door_{connections}"), figures.get(f"kafka_unarchived_{connections}")
        if door and kafka:
            value = round(part_cpu(kafka, "gateway") / part_cpu(door, "gateway"), 2)
            name = f"gateway_cpu_to_bare_door_cpu_{connections}".removesuffix("_64")
            found.append(Figure(name, value, "times"))
    return [*found, *door_ratios(figures)]


def door_ratios(figures: Mapping[str, Figure]) -> Iterator[Figure]:
    """The processor that gateway and server in Rust have for a vote, in that of those in Python."""
    for load in ("64", "256", "batches"):
        rust, python = (figures.get(f"doors_{language}_{language}_{load}") for language in ("rust", "python"))
        if rust and python:
            value = round(doors_cpu(rust) / doors_cpu(python), 2)
            yield Figure(f"rust_cpu_to_python_cpu_{load}".removesuffix("_64"), value, "times")


def doors_cpu(figure: Figure) -> float:
    """Microseconds of processor that its gateway and its server had for a vote."""
    return part_cpu(figure, "gateway") + part_cpu(figure, "server")


def part_cpu(figure: Figure, part: str) -> float:
    """Microseconds of processor that a part had for a vote."""
    each = figure.details["cpu_us_per_vote"]
    assert isinstance(each, dict)  # noqa: S101 # as it was written
    return float(each[part])


def _pairs() -> Iterator[tuple[str, tuple[str, str]]]:
    for number in ("64", "256"):
        suffix = "" if number == "64" else f"_{number}"
        yield f"embedded_to_plain{suffix}", (f"embedded_{number}", f"plain_{number}")
        yield f"embedded_to_plain_wal{suffix}", (f"embedded_{number}", f"plain_wal_{number}")
        yield f"kafka_to_fastapi_aiokafka{suffix}", (f"kafka_{number}", f"fastapi_aiokafka_{number}")
        yield f"kafka_to_bare_door{suffix}", (f"kafka_unarchived_{number}", f"bare_door_{number}")


RATIOS = dict(_pairs())
