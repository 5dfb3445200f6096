"""The web over embedded stores, served on a port of its own, and the builder that counts votes into them."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rockola.archive import Archive
from rockola.metrics import Metrics
from rockola.opening import open_archive, open_tally
from rockola.tally import Source, Step, Tally
from rockola.vote.contest import Contest
from rockola.vote.model import Door, Judged, Record, Verdict, Vote
from rockola.vote.rules import effect
from rockola.web.app import Show, build
from rockola.web.serve import serve_web

GENERATION = "abcdefghijklmnopqrstuv"
AT = 1_700_000_000_000  # 2023-11-14T22:13:20Z, Unix milliseconds
SONORA = Vote("Bohemia Suburbana", "Imaginaria Sonora", 2015, 520)
PALABRAS = Vote("Bohemia Suburbana", "Mis palabras", 1997, 950)
ANY = Contest()  # any band, no title
VIAJE = Vote("Alux Nahual", "El Viaje", 2011, 860)


@dataclass
class Stores:
    """A tally and an archive of one log, and what a consumer would do to them."""

    folder: Path
    tally: Tally
    archive: Archive

    def count(self, *votes: Vote, partition: int = 0, verdict: Verdict = Verdict.COUNTED) -> None:
        """Gives the votes a verdict behind what was counted, a millisecond apart."""
        start = self.tally.position(partition) or 0
        records = [Record(vote, Door.GRPC, AT + start + number) for number, vote in enumerate(votes)]
        self.judge(partition, [Judged(start + number, verdict, record) for number, record in enumerate(records)])

    def judge(self, partition: int, judged: list[Judged]) -> None:
        """Archives and counts what was judged."""
        start, following = judged[0].offset, judged[-1].offset + 1
        self.archive.keep(partition, judged)
        self.tally.apply(Step(partition, start, following, effect(judged)))
        self.archive.checkpoint(partition, following)

    def lose_tally(self) -> None:
        """Deletes the tally's files, as a careless hand would."""
        for path in self.folder.glob("tally.db*"):
            path.unlink()

    def break_tally(self) -> None:
        """Puts a folder where the tally was: it cannot be opened until `lose_tally` or for ever."""
        self.lose_tally()
        (self.folder / "tally.db").mkdir()

    def break_archive(self) -> None:
        """Puts a folder where the archive was: it cannot be opened."""
        for path in self.folder.glob("archive.db*"):
            path.unlink()
        (self.folder / "archive.db").mkdir()


def open_stores(folder: Path, partitions: int = 1) -> Stores:
    """Empty stores whose partitions were begun."""
    stores = Stores(folder, open_tally(f"sqlite:///{folder}/tally.db"), open_archive(f"sqlite:///{folder}/archive.db"))
    stores.tally.bind(Source(GENERATION, partitions, "digest"))
    stores.archive.bind(GENERATION)
    for partition in range(partitions):
        stores.tally.restore(partition, 0, [])
    return stores


@contextmanager
def serving(
    stores: Stores,
    contest: Contest = ANY,
    *,
    metrics: Metrics | None = None,
    trusted: str = "",
    token: str = "",
    port: int = 0,
) -> Iterator[str]:
    """The URL of the web over these stores, which it closes at the end; `trusted` as in `serve`."""
    listener = socket.create_server(("127.0.0.1", port))
    app = build(stores.tally, stores.archive, metrics or Metrics(), Show(contest, token, stores.folder))
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=_run, args=(loop, serve_web(app, listener, ended, trusted)))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        stores.tally.close()
        stores.archive.close()


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[None, None, None]) -> None:
    """All of it in the server's thread: a browser's driver has a loop in the test's."""
    loop.run_until_complete(work)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
