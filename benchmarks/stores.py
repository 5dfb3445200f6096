"""The consumer, the recount and the rebuilding of a lost tally, each over a log that was written beforehand."""

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from doors import Fresh
from figures import Figure
from processes import Failed, require_success
from rockola.consumer import Consumer
from rockola.eventlog import Keyed
from rockola.opening import open_archive, open_log_reader, open_log_writer, open_tally
from rockola.verify import verify
from rockola.vote.codec import encode_record
from rockola.vote.contest import Contest
from rockola.vote.model import Door, Judged, Vote

VOTES, MANY = 200_000, 1_000_000
BATCH = 500
BEGINNING, PACE = 1_700_000_000_000, 10  # receive times: 2023-11-14 in Unix milliseconds, 100 votes a millisecond
ALBUMS = ("Mis palabras", "Animales", "Guerra de silencio", "Bajo el sol")
UNREADABLE = 100


def sent_ids() -> Callable[[int], str]:
    """Ids as `rockola send` makes them: a file's digest and the row."""
    digest = secrets.token_hex(12)
    return lambda number: f"{digest}.{number}"


def random_ids() -> Callable[[int], str]:
    """Ids as clients make them."""
    return lambda _: str(uuid.uuid4())


def consumer(fresh: Fresh, _: float) -> Iterator[Figure]:
    """Votes a second from the log to tally and archive."""
    for name, ids in (("send_ids", sent_ids()), ("random_ids", random_ids())):
        data = fresh()
        asyncio.run(write(data, VOTES, ids))
        seconds = counted(data, VOTES)
        yield Figure(f"consumer_{name}", round(VOTES / seconds), "votes/s", {"votes": VOTES, "seconds": seconds})


def recount(fresh: Fresh, _: float) -> Iterator[Figure]:
    """Seconds to verify many votes, and votes a second of a rebuilding."""
    data = fresh()
    asyncio.run(write(data, MANY, sent_ids()))
    counted(data, MANY)
    began = time.monotonic()
    report = verify(url(data, "log"), url(data, "archive"), url(data, "tally"), Contest())
    if report.differences or report.verdicts["counted"] != MANY:
        raise Failed(f"the recount found {report}")
    yield Figure("verify", round(time.monotonic() - began, 2), "s", {"votes": MANY})
    for file in data.glob("tally.db*"):
        file.unlink()
    seconds = counted(data, MANY)
    require_success("verify", "--data", str(data))
    yield Figure("rebuild", round(MANY / seconds), "votes/s", {"votes": MANY, "seconds": seconds, "verify": "exit 0"})


async def write(data: Path, votes: int, ids: Callable[[int], str]) -> None:
    """Writes a log of so many votes."""
    writer = await open_log_writer(url(data, "log"))
    for start in range(0, votes, BATCH):
        await writer.append([record(number, ids(number)) for number in range(start, start + BATCH)])
    await writer.close()


def record(number: int, own: str) -> Keyed:
    """A vote as a server hands it to the log."""
    vote = Vote("Bohemia Suburbana", ALBUMS[number % 4], 1997, number % 1001, own)
    return Keyed(vote.key, encode_record(vote, Door.GRPC, BEGINNING + number // PACE))


def counted(data: Path, votes: int) -> float:
    """Lets a consumer work until it has counted so many votes; the seconds it took."""
    with ExitStack() as stack:
        reader = stack.enter_context(closing(open_log_reader(url(data, "log"))))
        archive = stack.enter_context(closing(open_archive(url(data, "archive"))))
        tally = stack.enter_context(closing(open_tally(url(data, "tally"))))
        worker = Consumer(reader, archive, tally, Contest(), UNREADABLE)
        began, points = time.monotonic(), [""]
        while points[-1] != "looked":  # nothing new
            judged = list[Judged]()
            points = list(worker.step(0, judged))
        seconds = time.monotonic() - began
        if tally.position(0) != votes:
            raise Failed(f"{tally.position(0)} of {votes} votes were counted")
    return round(seconds, 2)


def url(data: Path, store: str) -> str:
    """Where a store of a data folder is."""
    return f"sqlite:///{data}/{store}.db"
