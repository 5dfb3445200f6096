"""The event log in a SQLite file: appends share a commit, whoever they come from; readers poll."""

import asyncio
import base64
import secrets
import threading
import time
from collections.abc import Collection, Sequence
from itertools import count, islice
from queue import SimpleQueue

import msgspec

from rockola.embedded import Connection, Database, Taken, examine_file, scalar
from rockola.eventlog import Batch, Keyed
from rockola.failpoints import failpoint
from rockola.findings import Finding
from rockola.urls import options_of
from rockola.vote.errors import LostRecords, Unavailable, WrongLog
from rockola.vote.model import Place, partition_of
from rockola.vote.rules import Entry

SCHEMA = """
CREATE TABLE IF NOT EXISTS log (generation TEXT NOT NULL, partitions INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS records (
    partition INTEGER NOT NULL, offset INTEGER NOT NULL, record NOT NULL, PRIMARY KEY (partition, offset)
) WITHOUT ROWID
"""
END = "SELECT coalesce(max(offset) + 1, 0) FROM records WHERE partition = ?"
APPEND = "INSERT INTO records SELECT ?, ? + key, value FROM json_each(?)"
WINDOW = "SELECT offset, record FROM records WHERE partition = ? AND offset >= ? ORDER BY offset LIMIT ?"
TEXTS = f"SELECT json_group_array(json_array(offset, record)) FROM ({WINDOW})"  # both are constants
OPTIONS = {"partitions": 1}
POLL = 0.005  # seconds between two looks at the file: a vote's longest wait for its reader
WAITING = 64  # appends that one commit holds at most

Pending = tuple[Sequence[Keyed], "asyncio.Future[list[Place]]"]
_texts = msgspec.json.Decoder(list[tuple[int, str]]).decode


class EmbeddedWriter:
    """A LogWriter with one thread that commits everything that waits for it at once."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, "log", SCHEMA, stays=True)
        self.generation, self.partitions = identity(self._database, options_of(url, OPTIONS)["partitions"])
        self._turn = count()
        self._ends: dict[int, int] = {}  # as far as known: another process may have appended
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Pending | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log")
        self._thread.start()

    async def append(self, records: Sequence[Keyed]) -> list[Place]:
        """See LogWriter."""
        if self._closing:
            raise Unavailable("log")
        future: asyncio.Future[list[Place]] = self._loop.create_future()
        self._queue.put((records, future))
        return await future

    async def check(self) -> None:
        """See LogWriter."""
        await asyncio.to_thread(self._touch)

    async def close(self) -> None:
        """See LogWriter."""
        self._closing = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._database.close()

    def _run(self) -> None:
        going = True
        while going:
            waiting = [self._queue.get()]
            while len(waiting) < WAITING and not self._queue.empty():
                waiting.append(self._queue.get())
            going = None not in waiting
            self._settle([pending for pending in waiting if pending is not None])

    def _settle(self, waiting: Sequence[Pending]) -> None:
        outcome: Sequence[list[Place]] | Exception
        try:
            outcome = self._commit([records for records, _ in waiting])
        except Exception as error:  # each waiting caller raises it
            outcome = error
        self._loop.call_soon_threadsafe(_resolve, [future for _, future in waiting], outcome)

    def _commit(self, appends: Sequence[Sequence[Keyed]]) -> list[list[Place]]:
        places = iter(self._append([record for records in appends for record in records]))
        if not self._database.is_current():
            raise WrongLog(f"The log at {self._database.path} was replaced or removed while it was written.")
        return [list(islice(places, len(records))) for records in appends]

    def _append(self, records: Sequence[Keyed]) -> list[Place]:
        spread = self._spread(records)
        database = self._database
        try:
            with database.statement() if len(spread) == 1 else database.write() as connection:
                failpoint("log.append")
                firsts = [self._insert(connection, p, [records[i].value for i in spread[p]]) for p in spread]
        except BaseException:
            self._ends.clear()
            raise
        numbered = zip(spread.items(), firsts, strict=True)
        places = {i: Place(self.generation, p, o) for (p, own), first in numbered for o, i in enumerate(own, first)}
        return [places[index] for index in range(len(records))]

    def _insert(self, connection: Connection, partition: int, values: Sequence[bytes]) -> int:
        """Appends in one statement, and gives the first offset."""
        text = (b"[" + b",".join(values) + b"]").decode()
        while True:
            first: int = self._ends.get(partition, -1)
            first = scalar(connection, END, partition) if first < 0 else first
            try:
                connection.execute(APPEND, (partition, first, text))
            except Taken:  # another process was there before
                self._ends.pop(partition, None)
            else:
                self._ends[partition] = first + len(values)
                return first

    def _spread(self, records: Sequence[Keyed]) -> dict[int, Sequence[int]]:
        """The indices of the records by partition."""
        free = next(self._turn) % self.partitions
        if self.partitions == 1:
            return {free: range(len(records))}
        spread: dict[int, list[int]] = {}
        for index, (key, _) in enumerate(records):
            spread.setdefault(partition_of(key, self.partitions) if key else free, []).append(index)
        return dict(spread)

    def _touch(self) -> None:
        """A write that changes nothing: Unavailable when the disk is full or the file is locked."""
        with self._database.statement() as connection:
            connection.execute("UPDATE log SET partitions = partitions")


class EmbeddedReader:
    """A LogReader of every partition."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, "log", SCHEMA, stays=True)
        self.generation, self.partitions = identity(self._database, options_of(url, OPTIONS)["partitions"])
        self._version = 0
        self._woken = threading.Event()

    def owned(self) -> Collection[int]:
        """See LogReader."""
        return range(self.partitions)

    def read(self, partition: int, start: int, limit: int) -> Batch:
        """See LogReader."""
        with self._database.statement() as connection:
            entries = _entries(connection, partition, start, limit)
            if not entries and (end := scalar(connection, END, partition)) < start:
                raise LostRecords(
                    f"The log ends at {end}, before the position {start} that was counted up to: it lost records. "
                    f"Bring back the log's file with its -wal file beside it."
                )
        return Batch(entries, entries[-1].offset + 1 if entries else start)

    def end(self, partition: int) -> int:
        """See LogReader."""
        with self._database.statement() as connection:
            return int(scalar(connection, END, partition))

    def commit(self, partition: int, position: int) -> None:
        """Nothing: no tool looks for it here, and the tally's position tells the same."""

    def wait(self, seconds: float) -> None:
        """See LogReader."""
        until = time.monotonic() + seconds
        while self._version == (version := self._database.version()) and time.monotonic() < until:
            if self._woken.wait(POLL):
                return
        self._version = version

    def wake(self) -> None:
        """See LogReader."""
        self._woken.set()

    def close(self) -> None:
        """See LogReader."""
        self._database.close()


async def open_writer(url: str) -> EmbeddedWriter:
    """Opens `sqlite:///path/log.db`; `?partitions=2` decides the partitions of a new log."""
    return EmbeddedWriter(url)


def open_reader(url: str) -> EmbeddedReader:
    """Opens `sqlite:///path/log.db`."""
    return EmbeddedReader(url)


def examine(url: str) -> Sequence[Finding]:
    """The settings of the file that are part of the promise."""
    return examine_file(url, "log")


def identity(database: Database, partitions: int) -> tuple[str, int]:
    """The log's generation and number of partitions; a new log gets them here, for ever."""
    with database.write() as connection:
        if (found := connection.execute("SELECT generation, partitions FROM log").fetchone()) is None:
            found = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("="), partitions
            connection.execute("INSERT INTO log VALUES (?, ?)", found)
        return found[0], found[1]


def _entries(connection: Connection, partition: int, start: int, limit: int) -> list[Entry]:
    window = (partition, start, limit)
    try:
        return [Entry(offset, text.encode()) for offset, text in _texts(scalar(connection, TEXTS, *window))]
    except (msgspec.DecodeError, UnicodeError, connection.OperationalError):  # a record that no server wrote
        rows = connection.execute(WINDOW.replace("record FROM", "CAST(record AS BLOB) FROM"), window)
        return [Entry(offset, value) for offset, value in rows]


def _resolve(futures: Sequence["asyncio.Future[list[Place]]"], outcome: Sequence[list[Place]] | Exception) -> None:
    for index, future in enumerate(futures):
        if future.done():
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome[index])
