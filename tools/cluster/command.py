"""Commands of this machine, run to their end."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.services.process import Failed


def said(command: Sequence[str], given: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """What a command prints, with an input; Failed with the end of what it said when it could not."""
    done = subprocess.run(command, input=given, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        words = f"{done.stderr.strip()} {done.stdout.strip()}"
        raise Failed(f"{Path(command[0]).name} {' '.join(command[1:6])}: {words[-2000:]}")
    return done.stdout
