"""Definitions of objects that Kubernetes learns from operators, out of packages: usage: python -m tools.crds.

Strimzi's are written by its own generator, which wants Java 21; the others lie in Go modules.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.modules import downloaded
from tools.services.cache import alone, cache, jars
from tools.services.process import Missing

KEDA = "github.com/kedacore/keda/v2@v2.21.0"
MODULES = {  # the folder and the files that are wanted of each
    "sigs.k8s.io/gateway-api@v1.6.3": (
        "config/crd/standard",
        [f"gateway.networking.k8s.io_{kind}" for kind in ("gateways", "httproutes", "grpcroutes")],
    ),
    KEDA: (
        "config/crd/bases",
        [f"keda.sh_{kind}" for kind in ("scaledobjects", "triggerauthentications")],
    ),
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd",
        [f"monitoring.coreos.com_{kind}" for kind in ("servicemonitors", "prometheusrules")],
    ),
}
STRIMZI = {"Kafka": "kafka.Kafka", "KafkaNodePool": "nodepool.KafkaNodePool", "KafkaTopic": "topic.KafkaTopic",
           "KafkaUser": "user.KafkaUser"}  # fmt: skip
JAVAS = Path("/usr/lib/jvm")
OLDEST = 21


def definitions() -> Iterator[Path]:
    """Every file; Missing when this machine cannot have them."""
    for module, (folder, names) in MODULES.items():
        yield from (downloaded(module) / folder / f"{name}.yaml" for name in names)
    yield from sorted(strimzi().glob("*.yaml"))


def strimzi() -> Path:
    """The folder of Strimzi's, written once for the version of its jars."""
    libraries = jars("strimzi")
    folder = cache() / f"{libraries.name}-crds"
    with alone(cache() / "crds.lock"):
        if not folder.exists():
            generate(libraries, folder)
    return folder


def generate(libraries: Path, folder: Path) -> None:
    """Fills the folder, all of it or nothing."""
    half = Path(tempfile.mkdtemp(dir=folder.parent))
    wanted = [f"io.strimzi.api.kafka.model.{name}={half}/{kind}.yaml" for kind, name in STRIMZI.items()]
    generator = ["-cp", f"{libraries}/*", "io.strimzi.crdgenerator.CrdGenerator", "--yaml", "--api-versions", "v1"]
    try:
        done = subprocess.run([newest_java(), *generator, *wanted], capture_output=True, text=True, check=False)
        if done.returncode or len(list(half.iterdir())) != len(STRIMZI):
            raise Missing("helm", f"Strimzi's generator failed: {done.stderr.partition(chr(10))[0]}")
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def newest_java() -> str:
    """The newest Java of this machine; Missing when it is too old for Strimzi."""
    found = {release(path.parent): path.parent / "bin" / "java" for path in JAVAS.glob("*/release")}
    if not found or max(found) < OLDEST:
        raise Missing("helm", f"there is no Java {OLDEST} or newer in {JAVAS}")
    return str(found[max(found)])


def release(home: Path) -> int:
    """The major version of a Java."""
    told = (home / "release").read_text().partition('JAVA_VERSION="')[2]
    return int(told.partition('"')[0].partition(".")[0])


if __name__ == "__main__":
    print(*definitions(), sep="\n")
