"""podman, which builds images and writes them into a file that a node loads."""

import os
from pathlib import Path

from tools.cluster.command import said
from tools.services.cache import cache, program

CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=10000:10000", "nproc=4096:4096"]
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"""


def podman(*arguments: str, given: str | None = None) -> str:
    """What it says; Failed where it cannot do it."""
    (configuration := folder() / "containers.conf").write_text(CONFIGURATION)
    env = os.environ | {"CONTAINERS_CONF": str(configuration)}
    return said([program("podman", "cluster"), *arguments], given, env)


def folder() -> Path:
    """Where the file lies, and what builds need."""
    (path := cache() / "images").mkdir(exist_ok=True)
    return path


def exists(image: str) -> bool:
    """Whether podman has it."""
    return image in podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()


def save(file: Path, *images: str) -> None:
    """Puts images into a file, unless it has them already."""
    ids = podman("image", "inspect", "--format={{.Id}}", *images)
    saved = file.with_suffix(".ids")
    if saved.exists() and saved.read_text() == ids:
        return
    for old in (saved, file):
        old.unlink(missing_ok=True)
    podman("save", "-q", "-m", "-o", str(file), *images)
    saved.write_text(ids)
