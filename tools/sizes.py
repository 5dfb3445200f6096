"""Holds modules under 250 lines, Python's functions under 40 and the chart under 1,500; clippy holds Rust's functions.

Usage: sizes.py, exit 1 with every one that is longer.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MODULE, FUNCTION = 250, 40
ROOTS = ("src", "tests", "tools", "benchmarks", "load", "deploy")
RUST = "rust/src"
CHART, MOST = Path("deploy/chart"), 1500
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def too_long(path: Path) -> Iterator[str]:
    """A line for the module and for each function that is over its limit."""
    text = path.read_text()
    if (lines := text.count("\n")) > MODULE:
        yield f"{path}: {lines} lines"
    for node in ast.walk(ast.parse(text)) if path.suffix == ".py" else ():
        if isinstance(node, FUNCTIONS) and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION:
            yield f"{path}:{node.lineno} {node.name}: {lines} lines"


def main() -> None:
    """Prints what is too long."""
    paths = [path for root in ROOTS for path in Path(root).rglob("*.py") if not path.stem.startswith("vote_pb2")]
    found = [line for path in sorted([*paths, *Path(RUST).rglob("*.rs")]) for line in too_long(path)]
    if (lines := sum(path.read_text().count("\n") for path in CHART.rglob("*") if path.is_file())) >= MOST:
        found.append(f"{CHART}: {lines} lines")
    sys.exit("\n".join(found) or None)


if __name__ == "__main__":
    main()
