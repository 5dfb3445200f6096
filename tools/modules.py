"""Programs that no registry has built: from Go modules into the cache, once for each version; that takes minutes."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.services.cache import alone, cache, program
from tools.services.process import Missing


@dataclass(frozen=True)
class Module:
    """A module at a version, and the package of each of its programs; build tags may leave parts of them out."""

    name: str
    at: str
    programs: Mapping[str, str]
    tags: str = ""

    @property
    def folder(self) -> Path:
        """Where the programs are kept: another version is another folder."""
        return cache() / f"{self.name}-{self.at.rpartition('@')[2]}"

    def build(self) -> None:
        """Fills the folder, all of it or nothing, unless it is there; Missing when it cannot be."""
        with alone(cache() / f"{self.name}.lock"):
            if not self.folder.exists():
                self._compile()

    def _compile(self) -> None:
        half = Path(tempfile.mkdtemp(dir=cache()))
        try:
            for name, package in self.programs.items():
                flags = ["-C", str(downloaded(self.at)), "-ldflags=-s -w", f"-tags={self.tags}"]
                go("build", *flags, "-o", str(half / name), package)
            half.rename(self.folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)


def downloaded(module: str) -> Path:
    """The folder of a module, which nobody may write to."""
    return Path(json.loads(go("mod", "download", "-json", module))["Dir"])


def go(verb: str, *arguments: str) -> str:
    """What it prints; Missing with the last it said when it could not."""
    command = [program("go", "helm"), verb, *arguments]
    env = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    done = subprocess.run(command, cwd=tempfile.gettempdir(), env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing("helm", f"go {verb} {arguments[-1]}: {(done.stderr or done.stdout).strip()[-1000:]}")
    return done.stdout
