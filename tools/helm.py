"""Helm, built once from its Go module into the cache: usage: python -m tools.helm, which prints where it is."""

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
    """The program, built when it is not there yet, which takes minutes; Missing when it cannot be."""
    found = cache() / f"helm-{VERSION}" / "helm"
    if not found.exists():
        with alone(cache() / "helm.lock"):
            if not found.exists():
                build(found.parent)
    return found


def build(folder: Path) -> None:
    """Fills the folder, all of it or nothing."""
    half = Path(tempfile.mkdtemp(dir=folder.parent))
    env = os.environ | {"GOBIN": str(half), "CGO_ENABLED": "0"}
    try:
        command = [program("go", "helm"), "install", "-ldflags=-s -w", MODULE]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing("helm", f"it could not be built: {done.stderr.strip().rpartition(chr(10))[2]}")
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


if __name__ == "__main__":
    try:
        print(helm())
    except Missing as error:
        sys.exit(str(error))
