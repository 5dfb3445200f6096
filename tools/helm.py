"""Helm, built once from its Go module into the cache: usage: python -m tools.helm; minutes, the first time."""

import sys
from pathlib import Path

from tools.modules import Module
from tools.services.process import Missing

HELM = Module("helm", "helm.sh/helm/v4@v4.3.1", {"helm": "./cmd/helm"})


def helm() -> Path:
    """The program; Missing when it was not built."""
    if not (found := HELM.folder / "helm").exists():
        raise Missing("helm", "`make cluster-tools` builds it")
    return found


if __name__ == "__main__":
    try:
        HELM.build()
        print(helm())
    except Missing as error:
        sys.exit(str(error))
