"""The machine that a figure was measured on, and how quiet it was."""

import os
import platform
import sqlite3
import subprocess
import time
from pathlib import Path
from statistics import median

PAGE, SYNCS = 4096, 200
VOLATILE = {"tmpfs", "ramfs"}


def machine(folder: Path) -> dict[str, object]:
    """What a figure depends on; `folder` is where the stores will lie."""
    return {
        "cpu": found("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(found("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "file_system": file_system(folder),
        "fdatasync_ms": sync_ms(folder),
        "load_before": round(os.getloadavg()[0], 2),
    }


def found(file: str, key: str) -> str:
    """The value behind a key of a file of the kernel's."""
    lines = Path(file).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "unknown")


def file_system(folder: Path) -> str:
    """The file system's type; ValueError when it is in memory, where nothing is durable."""
    kind = subprocess.run(
        ["stat", "--file-system", "--format=%T", str(folder)], capture_output=True, text=True, check=True
    ).stdout.strip()
    if kind in VOLATILE:
        raise ValueError(f"{folder} is in memory: choose a folder on a disk with --folder")
    return kind


def sync_ms(folder: Path) -> float:
    """The median time of a page's way to the disk."""
    path, times = folder / "sync", list[float]()
    with path.open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(bytes(PAGE))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    path.unlink()
    return round(median(times) * 1000, 3)
