"""The images that pods of the node run, built by podman on a base of Debian's.

No image is pulled: the base is debootstrap's, the doors in Rust are the program that `make rust` built, KEDA and
Prometheus are built from their Go modules.
"""

import os
import shutil
import tempfile
from pathlib import Path

from rockola.rust import find_door
from tools.cluster.command import said
from tools.cluster.podman import exists, folder, podman, save
from tools.crds import KEDA
from tools.modules import Module
from tools.services.cache import HERE as SERVICES
from tools.services.cache import cache, jars, program
from tools.services.process import Missing
from tools.services.valkey import server

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BASE = "localhost/rockola-base:bookworm"
IMAGES = {
    "pause": "localhost/pause:1",
    "python": "localhost/rockola:cluster",
    "rust": "localhost/rockola-door:cluster",
    "stores": "localhost/stores:1",
    "prometheus": "localhost/prometheus:1",
    "keda": "localhost/keda:1",
}
MODULES = [  # Prometheus without its pages, and with no other way to find out whom it watches
    Module(
        "prometheus",
        "github.com/prometheus/prometheus@v0.316.0",
        {"prometheus": "./cmd/prometheus"},
        tags="remove_all_sd,enable_kubernetes_sd",
    ),
    Module("keda", KEDA, {"keda": "./cmd/operator", "keda-adapter": "./cmd/adapter"}),
]
PACKAGES = "python3,python3-venv,ca-certificates"
CERTIFICATES = Path("/etc/ssl/certs")


def build() -> None:
    """All of them, in one file that a node loads; what did not change is not built again."""
    if not exists(BASE):
        build_base()
    build_pause()
    build_stores()
    build_python()
    build_rust()
    for module in MODULES:
        build_module(module)
    save(tar(), *IMAGES.values())


def tar() -> Path:
    """The file with all of them."""
    return folder() / "images.tar"


def build_base() -> None:
    """Debian with Python and nothing else."""
    with tempfile.TemporaryDirectory(dir=folder()) as root:
        said([program("debootstrap", "cluster"), "--variant=minbase", f"--include={PACKAGES}", "bookworm", root])
        said(["tar", "-C", root, "-cf", f"{root}.tar", "."])
    podman("import", "-q", f"{root}.tar", BASE)
    Path(f"{root}.tar").unlink()


def build_pause() -> None:
    """What holds the network of a pod: catatonit, which is static."""
    with tempfile.TemporaryDirectory(dir=folder()) as context:
        shutil.copy(program("catatonit", "cluster"), Path(context, "pause"))
        steps = 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause", "-P"]\n'
        build_image("pause", Path(context), "--file=-", given=steps)


def build_stores() -> None:
    """Kafka, the MongoDB-wire server, Valkey and nginx."""
    with tempfile.TemporaryDirectory(dir=folder()) as context:
        for name in ("kafka", "mongo"):
            shutil.copytree(jars(name), Path(context, name), copy_function=os.link)
        shutil.copy(server(), context)
        compiled = ["-cp", f"{context}/mongo/*", "-d", f"{context}/mongod", str(SERVICES / "Mongod.java")]
        said([program("javac", "cluster"), "--release=17", *compiled])
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
        build_image("rust", Path(context), "--file=-", given=f"{built}FROM{last}")


def build_module(module: Module) -> None:
    """Its programs; whoever says nothing else starts the one that is named like it."""
    module.build()
    steps = ["ARG BASE", "FROM ${BASE}", f"COPY {' '.join(module.programs)} /", "USER 10001:10001"]
    start = f'ENTRYPOINT ["/{module.name}"]\n'
    build_image(module.name, module.folder, "--file=-", given="\n".join([*steps, start]))


def build_image(name: str, context: Path, *flags: str, given: str | None = None) -> None:
    """One of IMAGES, on the base; what a layer is made of has not changed: it is not made again."""
    podman("build", "-q", f"--build-arg=BASE={BASE}", *flags, f"--tag={IMAGES[name]}", str(context), given=given)
