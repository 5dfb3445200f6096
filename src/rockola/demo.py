"""The demonstration: the whole system on a fresh data folder, and a vote file sent at a pace that can be watched."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from rockola.settings import Settings

RATE = 40  # votes a second: the file takes half a minute
ROUTES = {"gateway": "grpc", "rust": "rust"}  # by part: each door has its share
HINT = """
A vote file is being sent, {rate} votes a second: watch http://{web}/
Kill it in the middle, by Ctrl-C or kill -9. Then start it again and send the same file: every total is exact.
  rockola up --data {data}
  rockola send {votes}
"""
Announce = Callable[[dict[str, str]], None]


@contextmanager
def demonstrated(settings: Settings, announce: Callable[[Settings], Announce]) -> Iterator[tuple[Settings, Announce]]:
    """Settings with a fresh data folder, and an announcement that begins to send; the sender ends with the block."""
    data = Path(tempfile.mkdtemp(prefix="rockola-demo-"))
    own = settings.model_copy(update={"data": data})
    senders: list[subprocess.Popen[bytes]] = []
    with as_file(files("rockola.send") / "demo.json") as votes:

        def show(addresses: dict[str, str]) -> None:
            announce(own)(addresses)
            print(HINT.format(web=addresses["web"], rate=RATE, data=data, votes=votes), flush=True)
            doors = [f"http://{addresses[part]}/{route}" for part, route in ROUTES.items() if part in addresses]
            command = ["send", *[f"--url={door}" for door in doors], "--rate", str(RATE), "--batch", "1"]
            senders.append(subprocess.Popen([sys.executable, "-m", "rockola", *command, str(votes)]))  # noqa: S603

        try:
            yield own, show
        finally:
            for sender in senders:
                sender.terminate()
                sender.wait()
