"""Helm, built once from its Go module into the cache: usage: python -m tools.helm; minutes, the first time."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.services.cache import alone, cache, program
from tools.services.process import Missing

VERSION = "v4.3.1"
MODULE = f"helm.sh/helm/v4/cmd/helm@{VERSION}"


def helm() -> Path:
    """The program; Missing when it was not built."""
    if not (found := folder() / "helm").exists():
        raise Missing("helm", "helm: `make cluster-tools` builds it")
    return found


def folder() -> Path:
    """Where it is kept: another version is another folder."""
    return cache() / f"helm-{VERSION}"


def build() -> None:
    """Fills the folder, all of it or nothing, unless it is there; Missing when it cannot be."""
    with alone(cache() / "helm.lock"):
        if not folder().exists():
            install(folder())


def install(into: Path) -> None:
    """Builds it into a folder of its own, which is there when all of it is."""
    half = Path(tempfile.mkdtemp(dir=into.parent))
    env = os.environ | {"GOBIN": str(half), "CGO_ENABLED": "0"}
    try:
        command = [program("go", "helm"), "install", "-ldflags=-s -w", MODULE]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing("helm", f"it could not be built: {done.stderr.strip().rpartition(chr(10))[2]}")
        half.rename(into)
    finally:
        shutil.rmtree(half, ignore_errors=True)


if __name__ == "__main__":
    try:
        build()
        print(helm())
    except Missing as error:
        sys.exit(str(error))
