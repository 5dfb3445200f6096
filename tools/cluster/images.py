"""The images that the chart's pods run, and those of the stores beside it, built by podman on a base of Debian's.

No image is pulled: the base is debootstrap's, the doors in Rust are the program that `make rust` built.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rockola.rust import find_door
from tools.services.cache import HERE as SERVICES
from tools.services.cache import cache, jars, program
from tools.services.process import Missing
from tools.services.valkey import server

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BASE = "localhost/rockola-base:1"
IMAGES = {
    "pause": "localhost/pause:1",
    "python": "localhost/rockola:cluster",
    "rust": "localhost/rockola-door:cluster",
    "stores": "localhost/stores:1",
}
PACKAGES = "python3,python3-venv,ca-certificates"
CERTIFICATES = Path("/etc/ssl/certs")
CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=10000:10000", "nproc=4096:4096"]
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"""


def build() -> None:
    """All of them, in one file that a node loads; what did not change is not built again."""
    if not exists(BASE):
        build_base()
    build_pause()
    build_stores()
    build_python()
    build_rust()
    written(tar(), *IMAGES.values())


def tar() -> Path:
    """The file with all of them."""
    return folder() / "images.tar"


def folder() -> Path:
    """Where they are kept."""
    (path := cache() / "images").mkdir(exist_ok=True)
    return path


def podman(*arguments: str) -> str:
    """What it says; Missing where it cannot do it."""
    (configuration := folder() / "containers.conf").write_text(CONFIGURATION)
    env = os.environ | {"CONTAINERS_CONF": str(configuration)}
    return run([program("podman", "cluster"), *arguments], env)


def run(command: Sequence[str], env: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """What a command prints; Missing with the end of what it said when it fails."""
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing("cluster", f"{' '.join(command[:3])}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def written(file: Path, *images: str) -> None:
    """Puts images into a file that a node loads."""
    file.unlink(missing_ok=True)
    podman("save", "-q", "-m", "-o", str(file), *images)


def exists(image: str) -> bool:
    """Whether podman has it."""
    return image in podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()


def build_base() -> None:
    """Debian with Python and nothing else."""
    with tempfile.TemporaryDirectory(dir=folder()) as root:
        run([program("debootstrap", "cluster"), "--variant=minbase", f"--include={PACKAGES}", "bookworm", root])
        run(["tar", "-C", root, "-cf", f"{root}.tar", "."])
    podman("import", "-q", f"{root}.tar", BASE)
    Path(f"{root}.tar").unlink()


def build_pause() -> None:
    """What holds the network of a pod: catatonit, which is static."""
    with tempfile.TemporaryDirectory(dir=folder()) as context:
        shutil.copy(program("catatonit", "cluster"), Path(context, "pause"))
        Path(context, "Dockerfile").write_text('FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause", "-P"]\n')
        build_image("pause", Path(context))


def build_stores() -> None:
    """Kafka, the MongoDB-wire server, Valkey and nginx."""
    with tempfile.TemporaryDirectory(dir=folder()) as context:
        for name in ("kafka", "mongo"):
            shutil.copytree(jars(name), Path(context, name), copy_function=os.link)
        shutil.copy(server(), context)
        compiled = ["-cp", f"{context}/mongo/*", "-d", f"{context}/mongod", str(SERVICES / "Mongod.java")]
        run([program("javac", "cluster"), "--release=17", *compiled])
        build_image("stores", Path(context), "--network=host", f"--file={HERE / 'stores.Dockerfile'}")


def build_python() -> None:
    """deploy/python.Dockerfile, with the certificates of this machine to reach the registries by."""
    (pip := folder() / "pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}/ca-certificates.crt\n")
    (uv := folder() / "uv.toml").write_text("native-tls = true\n")
    mounts = {CERTIFICATES: CERTIFICATES, pip: "/etc/pip.conf", uv: "/etc/uv/uv.toml", cache(): "/root/.cache/rockola"}
    volumes = [f"--volume={here}:{there}:ro" for here, there in mounts.items()]
    build_image("python", ROOT, "--network=host", *volumes, f"--file={ROOT / 'deploy' / 'python.Dockerfile'}")


def build_rust() -> None:
    """The last stage of deploy/rust.Dockerfile, around the program that `make rust` built."""
    if not (door := find_door()):
        raise Missing("cluster", "there is no rockola-door, `make rust` builds it")
    last = (ROOT / "deploy/rust.Dockerfile").read_text().rpartition("\nFROM")[2]
    with tempfile.TemporaryDirectory(dir=folder()) as context:
        shutil.copy(door, Path(context, "rockola-door"))
        built = "ARG BASE\nFROM ${BASE} AS build\nCOPY rockola-door /target/release/\n"
        Path(context, "Dockerfile").write_text(f"{built}FROM{last}")
        build_image("rust", Path(context))


def build_image(name: str, context: Path, *flags: str) -> None:
    """One of IMAGES, on the base; what a layer is made of has not changed: it is not made again."""
    podman("build", "-q", f"--build-arg=BASE={BASE}", *flags, f"--tag={IMAGES[name]}", str(context))
