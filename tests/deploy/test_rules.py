"""The alert rules, as promtool reads and tries them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dashboards import RULES
from services import missing

TRIED = sorted((Path(__file__).parent / "rules").glob("*.yaml"))


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("promtool") or missing("prometheus", "prometheus: there is no promtool on this machine")
    return subprocess.run([found, *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_prometheus_reads_the_rules() -> None:
    done = promtool("check", "rules", str(RULES))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", TRIED, ids=lambda path: path.stem)
def test_the_alerts_say_what_the_minutes_deserve(path: Path) -> None:
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
