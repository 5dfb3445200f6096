"""The tables of docs/load.md are those of the load's code, and its commands have flags that exist."""

import re
from pathlib import Path

import pytest

from load.mixes import KINDS, MIXES
from load.options import OPTIONS, Option
from load.shapes import SHAPES

ROOT = Path(__file__).parents[2]
LOAD = (ROOT / "docs" / "load.md").read_text()
LOCUST = {  # Locust's own flags that the document uses
    "--autostart", "--csv", "--expect-workers", "--headless", "--host", "--html", "--locustfile", "--master",
    "--master-host", "--processes", "--run-time", "--spawn-rate", "--users", "--worker",
}  # fmt: skip


def shown(value: object) -> str:
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value != "" else ""


def row(option: Option) -> str:
    return f"| `--{option.name}` | {shown(option.default)} | {option.sentence} |"


TABLES = {
    "options": ["| flag | default | |", "|---|---|---|", *map(row, OPTIONS)],
    "kinds": [
        "| kind | is | a door has to answer |",
        "|---|---|---|",
        *(f"| `{name}` | {kind.sentence} | {kind.answer or '–'} |" for name, kind in KINDS.items()),
    ],
    "mixes": [
        f"| mix | {' | '.join(f'`{kind}`' for kind in KINDS)} |",
        f"|---|{'---|' * len(KINDS)}",
        *(f"| `{name}` | {' | '.join(str(mix.get(kind, '')) for kind in KINDS)} |" for name, mix in MIXES.items()),
    ],
    "shapes": [
        "| shape | users |",
        "|---|---|",
        *(f"| `{name}` | {shape.sentence} |" for name, shape in SHAPES.items()),
    ],
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_load_is_that_of_the_code(name: str) -> None:
    told = LOAD.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- /{name} -->")[0]
    assert told == "\n".join(TABLES[name])


def test_every_flag_of_a_command_exists() -> None:
    commands = "".join(re.findall(r"```sh\n(.*?)```", LOAD, re.DOTALL))
    assert set(re.findall(r"--[a-z-]+", commands)) <= LOCUST | {f"--{option.name}" for option in OPTIONS}
