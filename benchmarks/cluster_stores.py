"""The consumer on Kafka, Valkey and the MongoDB-wire server, each with as little beside it as can be; and how long a
vote takes to be seen there, with the archive and without.

With the archive, the stream waits for that server: 6 inserts of 10 documents cost it 10 ms and 15 of the processor, its
collector stops it for 27 ms twice a second, and cold it falls seconds behind. A rebuild waits for it too: each of its
questions reads and sorts everything, and of 2.3 s for 100,000 votes 1.5 went by before the first answers, until the
partitions were rebuilt at once.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Thread

from cluster import PATIENCE
from doors import Fresh
from estate import PARTITIONS, Count, Estate, estate, parts
from figures import Figure
from processes import Running, require_success, until
from rockola.archive import Archive
from rockola.consumer import BATCH, Consumer
from rockola.counting import Counting
from rockola.metrics import Metrics
from rockola.opening import open_archive, open_log_reader, open_log_writer, open_tally
from rockola.tally import Source, Step
from rockola.vote.contest import Contest
from rockola.vote.model import Door, Judged, Record, Verdict, Vote
from rockola.vote.rules import effect
from stores import ALBUMS, BEGINNING, UNREADABLE, random_ids, record, sent_ids
from stream import figures as latencies
from unarchived import Nothing

LOOK = 0.1  # seconds to wait for the group
VOTES, KEPT, MANY = 200_000, 100_000, 1_000_000
WARM = 8.0  # seconds of votes one by one before they are timed: the archive's server, in Java, is far behind at first
RATE = 2000  # votes a second: half of what the MongoDB-wire server keeps beside everything else on two cores


def cluster_stores(fresh: Fresh, seconds: float) -> Iterator[Figure]:
    """Votes a second of the consumer, of the archive and of a rebuild; bytes a vote; milliseconds to the stream."""
    with estate(fresh()) as servers:
        yield from consumer(servers)
        yield from archive(servers)
        list(stream("warm", servers, fresh(), WARM))
        yield from stream("kafka_stream", servers, fresh(), seconds)
        yield from stream("kafka_stream_unarchived", servers, fresh(), seconds, archived=False)
        yield from memory(servers)  # the last, since Valkey writes its journal anew after so many votes


def stream(name: str, servers: Estate, data: Path, seconds: float, archived: bool = True) -> Iterator[Figure]:
    """Milliseconds from a vote to the stream, on parts of their own."""
    with parts(servers.count(), data, archived, web=True) as found:
        ports = {part: found.running[part].ports[part] for part in ("gateway", "web")}
        yield from latencies(name, Running(found.running["gateway"].pid, ports), RATE, seconds)


def consumer(servers: Estate) -> Iterator[Figure]:
    """From Kafka to Valkey, nothing archived."""
    for name, ids in (("", sent_ids()), ("_random_ids", random_ids())):
        count = servers.count()
        asyncio.run(write(count, VOTES, ids))
        seconds = counted(count, Nothing(), VOTES)
        yield Figure(f"kafka_consumer{name}", round(VOTES / seconds), "votes/s", {"votes": VOTES, "seconds": seconds})


def archive(servers: Estate) -> Iterator[Figure]:
    """With the archive, and then a rebuild of the tally from it."""
    count = servers.count()
    asyncio.run(write(count, KEPT, sent_ids()))
    with closing(open_archive(count.archive)) as kept:
        seconds = counted(count, kept, KEPT)
        yield Figure("kafka_consumer_archived", round(KEPT / seconds), "votes/s", {"votes": KEPT, "seconds": seconds})
        for _ in range(2):  # the first one warms the archive's server: in Java, it is twice as slow at first
            forget(servers, count)
            seconds = counted(count, kept, KEPT)
        yield Figure("kafka_rebuild", round(KEPT / seconds), "votes/s", {"votes": KEPT, "seconds": seconds})
    require_success("verify", f"--log={count.log}", f"--tally={count.tally}", f"--archive={count.archive}")
    forget(servers, count)
    seconds = counted(count, Nothing(), KEPT)
    yield Figure("kafka_rebuild_from_log", round(KEPT / seconds), "votes/s", {"votes": KEPT, "seconds": seconds})


def memory(servers: Estate) -> Iterator[Figure]:
    """Bytes that Valkey holds for a vote."""
    for kind, ids in (("id", sent_ids()), ("random_id", random_ids()), ("anonymous", lambda _: "")):
        count = servers.count()
        before = used(servers)
        with closing(open_tally(count.tally)) as tally:
            tally.bind(Source("abcdefghijklmnopqrstuv", 1, "digest"))
            tally.restore(0, 0, [])
            for start in range(0, MANY, BATCH):
                judged = [judge(number, ids(number)) for number in range(start, start + BATCH)]
                tally.apply(Step(0, start, start + BATCH, effect(judged)))
        yield Figure(f"valkey_bytes_per_{kind}", round((used(servers) - before) / MANY, 1), "bytes", {"votes": MANY})


def judge(number: int, own: str) -> Judged:
    """A counted vote with this id."""
    vote = Vote("Bohemia Suburbana", ALBUMS[number % 4], 1997, number % 1001, own)
    return Judged(number, Verdict.COUNTED, Record(vote, Door.GRPC, BEGINNING))


def used(servers: Estate) -> int:
    """Bytes that Valkey says it uses."""
    text = servers.valkey.ask("INFO", "memory").decode()
    return int(text.partition("used_memory:")[2].split()[0])


def forget(servers: Estate, count: Count) -> None:
    """Removes the count's tally."""
    servers.valkey.ask("FLUSHALL")


async def write(count: Count, votes: int, ids: Callable[[int], str]) -> None:
    """Writes a log of so many votes."""
    writer = await open_log_writer(count.log)
    for start in range(0, votes, BATCH):
        await writer.append([record(number, ids(number)) for number in range(start, start + BATCH)])
    await writer.close()


def counted(count: Count, archive: Archive, votes: int) -> float:
    """Lets one consumer work, from when it owns every partition, until it has counted so many votes; the seconds."""
    with ExitStack() as stack:
        reader = stack.enter_context(closing(open_log_reader(count.log)))
        tally = stack.enter_context(closing(open_tally(count.tally)))
        counting = Counting(Consumer(reader, archive, tally, Contest(), UNREADABLE), reader, Metrics())
        while len(reader.owned()) < PARTITIONS:
            reader.wait(LOOK)
        began, thread = time.monotonic(), Thread(target=counting.run)
        thread.start()
        try:
            until(lambda: sum(tally.totals().positions.values()) == votes, "the count of every vote", PATIENCE)
            return round(time.monotonic() - began, 2)
        finally:
            counting.stop()
            thread.join()
