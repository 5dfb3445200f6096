"""Measures rockola on this machine, beside the plain way: usage: run.py [--seconds N] [--only NAME]."""

import argparse
import json
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cluster import cluster
from cluster_doors import cluster_doors
from cluster_stores import cluster_stores
from doors import Fresh, batches, compared, embedded, plainly
from explorer import explorer
from figures import WANTED, Figure, ratios, spelled
from machine import machine
from memory import memory
from pages import pages
from processes import Skipped
from stores import consumer, recount
from stream import latency

Measure = Callable[[Fresh, float], Iterator[Figure]]
SECONDS = 8.0  # of each load: all of them then take about six minutes
RESULTS = Path(__file__).with_name("results.json")
DURABILITY = (
    "SQLite, WAL, synchronous=FULL: a vote is acknowledged after the fsync of its commit; one Kafka broker, acks=all: "
    "a vote is acknowledged when the broker has it, which does not wait for the disk; Valkey, appendfsync everysec"
)
PARTS: Mapping[str, Measure] = {
    "embedded": embedded,
    "plain": plainly,
    "batches": batches,
    "consumer": consumer,
    "latency": latency,
    "verify": recount,
    "memory": memory,
    "explorer": explorer,
    "pages": pages,
    "cluster": cluster,
    "cluster-stores": cluster_stores,
    "cluster-doors": cluster_doors,
}
OURS: Sequence[Measure] = (compared, batches, consumer, latency, recount, memory, explorer, pages)
ALL: Sequence[Measure] = (*OURS, cluster, cluster_stores, cluster_doors)
WIDTH = 110  # columns, so that no figure is cut where there is no terminal
console = Console(width=WIDTH)


def main() -> None:
    """Measures, shows a line for each figure as it comes, and writes everything down unless only a part was asked."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # what was started is ended, and the folder goes
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="rockola-bench-", dir=options.folder) as folder:
        told = machine(Path(folder))
        console.print(", ".join(f"{name} {value}" for name, value in told.items()), highlight=False, soft_wrap=True)
        figures = measured([PARTS[options.only]] if options.only else ALL, Path(folder), options.seconds)
    beside = ratios(figures)
    console.print(table([*figures.values(), *beside]))
    if not options.only or options.merge:
        run = written(told, figures, beside)
        whole = merged(json.loads(RESULTS.read_text()), run, options.only) if options.merge else run
        RESULTS.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def arguments() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each load")
    parser.add_argument("--only", choices=PARTS, help="one part; results.json stays as it is")
    parser.add_argument("--merge", action="store_true", help="with --only: results.json takes the part's figures in")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="on the disk to measure")  # noqa: S108
    return parser.parse_args()


def measured(measures: Sequence[Measure], folder: Path, seconds: float) -> dict[str, Figure]:
    """Every figure, by name."""

    def fresh() -> Path:
        return Path(tempfile.mkdtemp(dir=folder))

    figures: dict[str, Figure] = {}
    for measure in measures:
        try:
            for figure in measure(fresh, seconds):
                figures[figure.name] = figure
                show(figure)
        except Skipped as error:
            console.print(f"{measure.__name__} is left out: {error}", highlight=False, soft_wrap=True)
    return figures


def show(figure: Figure) -> None:
    """A line for a figure that was measured."""
    details = ", ".join(f"{name} {value}" for name, value in figure.details.items())
    line = f"{figure.name}: {spelled(figure.value)} {figure.unit}  [dim]{escape(details)}[/]"
    console.print(line, highlight=False, soft_wrap=True)


def table(figures: Sequence[Figure]) -> Table:
    """Each figure beside what is wanted of it."""
    shown = Table("figure", title="measured")
    for heading in ("value", "unit", "wanted", "p50 ms", "p99 ms", "cpu", "behind s"):
        shown.add_column(heading, justify="right")
    for figure in figures:
        wanted = f"{WANTED[figure.name]} {'✗' if figure.short else '✓'}" if figure.name in WANTED else ""
        details = [str(figure.details.get(name, "")) for name in ("p50_ms", "p99_ms", "cpu", "caught_up_after_s")]
        shown.add_row(figure.name, spelled(figure.value), figure.unit, wanted, *details)
    return shown


def written(told: Mapping[str, object], figures: Mapping[str, Figure], beside: Sequence[Figure]) -> dict[str, Any]:
    """The results as results.json holds them."""
    everything = [*figures.values(), *beside]
    return {
        "machine": told,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", *sys.argv]),
        "durability": DURABILITY,
        "figures": {each.name: {"value": each.value, "unit": each.unit, **each.details} for each in figures.values()},
        "ratios": {each.name: each.value for each in beside},
        "wanted": {name: str(want) for name, want in WANTED.items()},
        "shortfalls": [each.sentence for each in everything if each.short],
    }


def merged(before: dict[str, Any], run: dict[str, Any], part: str) -> dict[str, Any]:
    """The results of before with those of a part that was measured by itself, which says when and how."""
    names = ("figures", "ratios", "wanted")
    whole = before | {name: before[name] | run[name] for name in names}
    whole["parts"] = before.get("parts", {}) | {part: {name: run[name] for name in ("machine", "date", "command")}}
    whole["durability"] = run["durability"]
    stale = [one for one in before["shortfalls"] if one.split(" ")[0] not in {*run["figures"], *run["ratios"]}]
    return whole | {"shortfalls": stale + run["shortfalls"]}


if __name__ == "__main__":
    main()
