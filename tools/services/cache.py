"""Programs of this machine, and jars from Maven Central, fetched once into a folder outside the tree."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.services.process import Missing

HERE = Path(__file__).parent
COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"


def program(name: str, service: str) -> str:
    """Where a program is; Missing when it is not."""
    if path := shutil.which(name):
        return path
    raise Missing(service, f"there is no {name} on this machine")


def java(service: str, *flags: str) -> Sequence[str]:
    """Java with the jars of SERVICE.pom.xml, fetched when they are not there yet; one core's collector will do."""
    return [program("java", service), "-XX:+UseSerialGC", *flags, "-cp", f"{jars(service)}/*"]


def jars(service: str) -> Path:
    """The folder of its jars."""
    pom = HERE / f"{service}.pom.xml"
    version = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]  # another pom is another folder
    folder = cache() / f"{service}-{version}"
    if not folder.exists():
        with alone(cache() / "jars.lock"):
            if not folder.exists():
                fetch(service, pom, folder)
    return folder


def fetch(service: str, pom: Path, folder: Path) -> None:
    """Fills the folder, all of it or nothing."""
    maven = program("mvn", service)
    half = Path(tempfile.mkdtemp(dir=folder.parent))
    options = ["-q", "-B", "-f", str(pom), "-DincludeScope=runtime", f"-DoutputDirectory={half}"]
    try:
        done = subprocess.run([maven, COPY, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(service, f"its jars could not be fetched: {first_error(done.stdout)}")
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def first_error(said: str) -> str:
    """What Maven complains of first."""
    return said.partition("\n")[0].rpartition("[ERROR] ")[2]


def cache() -> Path:
    """$ROCKOLA_CACHE, or ~/.cache/rockola."""
    path = Path(os.environ.get("ROCKOLA_CACHE") or Path.home() / ".cache" / "rockola")
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time is in here."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
