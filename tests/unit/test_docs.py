"""The documents tell the truth: their commands exist, their links lead somewhere, the tests they name are there."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from load.options import OPTIONS
from rockola.cli import cli
from rockola.settings import Settings
from rockola.vote import errors
from services import EMBEDDED, NAMED

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.es.md")
FOLDERS = ("src", "tests", "docs", "contract", "tools", "benchmarks", "load", "deploy")
WRITTEN = {".py", ".pyi", ".md", ".proto", ".toml", ".html", ".css", ".js", ".lua", ".json", ".sh", ".yaml", ".yml"}
COMMANDS = typer.main.get_command(cli).commands  # type: ignore[attr-defined]


def documents() -> list[Path]:
    """Every document; the READMEs also when they are missing, so that this is noticed."""
    return [*(ROOT / name for name in READMES), *sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - readmes())]


def readmes() -> set[Path]:
    return {ROOT / name for name in READMES}


def each_document() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))


def blocks(path: Path, language: str) -> list[str]:
    """What stands in a document's code blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", path.read_text(), re.MULTILINE | re.DOTALL)


def shell_lines(path: Path) -> Iterator[list[str]]:
    """The words of each command in a document's shell blocks, split where a shell would."""
    for block in blocks(path, "(?:sh|console|bash)"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
            words.whitespace_split = True
            yield from split_commands(list(words))


def split_commands(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in [*words, ";"]:
        if word and set(word) <= set(";&|<>()"):
            if command:
                yield command
            command = []
        else:
            command.append(word)


def said_commands(path: Path) -> list[tuple[str, ...]]:
    """The `rockola` and `make` commands of a document, their environment left out."""
    lines = ([word for word in words if not re.match(r"[A-Z_]+=", word)] for words in shell_lines(path))
    return [
        (Path(words[0]).name, *words[1:]) for words in lines if words and Path(words[0]).name in {"rockola", "make"}
    ]


def inline_commands(path: Path) -> set[str]:
    """Subcommands named in running text, as in `rockola up`."""
    text = " ".join(path.read_text().split())
    return set(re.findall(r"`rockola ([a-z]+)[^`]*`", text.replace("`rockola is up`", "")))


@pytest.mark.parametrize("name", READMES)
@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_readme_shows_how_to_begin(name: str, target: str) -> None:
    assert ("make", target) in said_commands(ROOT / name)


def test_both_readmes_name_the_same_commands() -> None:
    spanish, english = (sorted(said_commands(ROOT / name)) for name in READMES)
    assert spanish == english


@each_document()
def test_every_command_is_understood(path: Path) -> None:
    for name, *arguments in said_commands(path):
        if name == "rockola":
            command, *rest = arguments
            COMMANDS[command].make_context(command, rest)


@each_document()
def test_every_subcommand_that_is_named_exists(path: Path) -> None:
    assert inline_commands(path) <= COMMANDS.keys()


@each_document()
def test_every_flag_that_is_named_exists(path: Path) -> None:
    flags = {flag for command in COMMANDS.values() for option in command.params for flag in option.opts}
    flags |= {flag for command in COMMANDS.values() for option in command.params for flag in option.secondary_opts}
    others = {"--seed", "--help"}  # of pytest, of every command
    others |= {f"--{option.name}" for option in OPTIONS} | {"--headless", "--host", "--processes"}  # of the load
    assert set(re.findall(r"`(--[a-z-]+)", path.read_text())) <= flags | others


@each_document()
def test_every_environment_name_is_a_setting(path: Path) -> None:
    names = {f"ROCKOLA_{name.upper()}" for name in Settings.model_fields}
    names |= {"ROCKOLA_REQUIRE", "ROCKOLA_CACHE", "ROCKOLA_NODE", EMBEDDED, *NAMED.values()}  # of the tests
    assert set(re.findall(r"ROCKOLA_[A-Z_]+", path.read_text())) <= names


@each_document()
def test_every_make_target_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", path.read_text())) <= targets
    assert {command[1] for command in said_commands(path) if command[0] == "make"} <= targets


def slugs(path: Path) -> set[str]:
    """The anchors of a document's headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        place, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = path.parent / place if place else path
        if not found.exists() or (anchor and anchor not in slugs(found)):
            yield target


@each_document()
def test_every_link_leads_somewhere(path: Path) -> None:
    assert list(broken_links(path)) == []


def names_of_tests() -> set[str]:
    files = (path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    return {name for text in files for name in re.findall(r"(?:^(?:async )?def |^)([tT]est_?\w+)", text, re.MULTILINE)}


@each_document()
def test_every_test_that_is_named_exists(path: Path) -> None:
    assert set(re.findall(r"`(test_\w+|Test[A-Z]\w+)`", path.read_text())) <= names_of_tests()


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.name)
def test_a_decision_has_at_most_forty_lines_and_is_linked(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 40
    assert f"(adr/{path.name})" in (ROOT / "docs" / "architecture.md").read_text()


def layers() -> list[str]:
    """The layers that import-linter holds, without the package's name."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    held = next(one["layers"] for one in contracts if one["type"] == "layers")
    return [line.replace("rockola.", "") for line in held]


def test_the_layers_that_are_shown_are_those_that_are_held() -> None:
    shown = blocks(ROOT / "docs" / "architecture.md", "")[-1]
    assert [line.strip() for line in shown.splitlines()] == layers()


def test_every_module_has_its_layer() -> None:
    modules = {path.stem for path in (ROOT / "src" / "rockola").iterdir() if not path.stem.startswith("__")}
    assert modules == {module for line in layers() for module in line.split(" | ")}


def sources() -> list[Path]:
    """Everything that is written by hand."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found += [path for path in ROOT.iterdir() if path.name != "uv.lock"]
    return [path for path in found if path.is_file() and (path.suffix in WRITTEN or path.name == "Makefile")]


@pytest.mark.parametrize(
    "forbidden", [r"(?<![\w.])/wor" + "k/", r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", "@" + r"@\w+@@"]
)
def test_nothing_names_a_place_of_one_machine_or_is_put_off(forbidden: str) -> None:
    assert [str(path) for path in sources() if re.search(forbidden, path.read_text())] == []


def test_the_generated_code_is_that_of_the_contract(tmp_path: Path) -> None:
    outputs = [f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'contract'}", *outputs, "vote.proto"]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in (ROOT / "src" / "rockola" / "vote").glob("vote_pb2*")}


def sentence(text: ast.JoinedStr | ast.Constant) -> str:
    """The first sentence of a message, with … for what is filled in."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    whole = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
    return whole.replace("….…", "…").split(". ")[0].rstrip(".")


def stopping_messages() -> set[str]:
    """What the errors say that stop a process or a partition."""
    stopping = (errors.BrokenPromise, errors.TooManyUnreadable)
    names = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, stopping)}
    found: list[ast.AST] = []
    for path in (ROOT / "src" / "rockola").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        found += [call.args[0] for call in calls if call.func.id in names]  # type: ignore[attr-defined]
        chosen = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "_difference"]
        found += [one.value for node in chosen for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
    return {sentence(one) for one in found if isinstance(one, ast.JoinedStr | ast.Constant)}


def test_every_message_that_stops_is_explained() -> None:
    text = " ".join((ROOT / "docs" / "operations.md").read_text().split())
    messages = stopping_messages()
    assert len(messages) > 20
    assert {message for message in messages if message not in text} == set()
