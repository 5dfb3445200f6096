"""One SQLite file as a store: the settings that are part of the promise, transactions, and its errors as ours.

Whatever crosses from Python to SQL goes as one JSON value in one statement, and what one statement can do is no
transaction of three: each call into SQLite gives the interpreter's lock away, and a busy gateway in the same process
takes long to give it back.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rockola.findings import Finding, finding
from rockola.urls import path_of
from rockola.vote.errors import Unavailable, WrongLog

BUSY = 5.0  # seconds to wait for another process's transaction
MODES = ("off", "normal", "full", "extra")  # of PRAGMA synchronous, which answers with a number
FULL = MODES.index("full")
LOOKS = 100_000  # steps of SQLite's machine, about 5 ms, between two looks at a query's time
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a commit that returned survives a power cut
    "PRAGMA cache_size=-32768",  # KiB
    "PRAGMA wal_autocheckpoint=4000",  # pages: fewer, longer check-points
)
Connection = sqlite3.Connection
Taken = sqlite3.IntegrityError  # a key that is written is there already


class Overdue(Unavailable):
    """What was read took longer than it may."""


class Database:
    """One file, one connection, one transaction at a time; any thread.

    A file that was replaced is opened anew; `settle` then sees first whether it is the right one. One that `stays` is
    WrongLog then.
    """

    def __init__(self, url: str, service: str, schema: str, stays: bool = False) -> None:
        """Opens the file of a `sqlite:///` URL and makes what is missing; Unavailable names the service."""
        self.path, self._service, self._schema = path_of(url), service, schema
        self._stays = stays
        self.settle: Callable[[Connection], None] = _leave
        self._lock = threading.Lock()
        with self._errors():
            self._open()

    @contextmanager
    def statement(self) -> Iterator[Connection]:
        """For a single statement: what it writes is durable when it ends, or nothing happened; see `write`."""
        with self._lock, self._errors():
            self._follow()
            yield self._connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: everything in it is durable when it ends, or nothing happened.

        Unavailable when it cannot be; if that came from the end of it, it may have happened all the same.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def read(self, seconds: float = 0) -> Iterator[Connection]:
        """A transaction that sees one moment; Overdue when it takes longer than so many seconds (0: any)."""
        with self._transaction("BEGIN") as connection:
            if seconds:
                limit(connection, time.monotonic() + seconds)
            try:
                yield connection
            finally:
                connection.set_progress_handler(None, LOOKS)

    def version(self) -> int:
        """Another number once another connection has changed the file."""
        with self._lock, self._errors():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def is_current(self) -> bool:
        """Whether the path still leads to the file that was opened."""
        try:
            return self.path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with self._lock, self._errors():
            self._follow()
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _follow(self) -> None:
        if self.is_current():
            return
        if self._stays:
            raise WrongLog(f"The {self._service} at {self.path} was replaced or removed while it was used.")
        self._connection.close()
        self._open()

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = connect(self.path)
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for statement in _statements(self._schema):
                self._connection.execute(statement)
            self.settle(self._connection)
        self._inode = self.path.stat().st_ino

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            is_overdue = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
            raise (Overdue if is_overdue else Unavailable)(self._service) from error
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # a subclass is a mistake of ours
                raise
            raise Unavailable(self._service) from error  # the file is damaged


def connect(path: Path) -> Connection:
    """A connection with the settings that are part of the promise."""
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    kept = connection.execute("PRAGMA journal_mode").fetchone(), connection.execute("PRAGMA synchronous").fetchone()
    if kept != (("wal",), (FULL,)):
        connection.close()
        raise sqlite3.OperationalError("this file system does not keep a write-ahead log")
    return connection


def limit(connection: Connection, until: float) -> None:
    """Has whatever a `read` reads end at an instant of the monotonic clock."""
    connection.set_progress_handler(lambda: time.monotonic() > until, LOOKS)


def examine_file(url: str, service: str) -> Sequence[Finding]:
    """The settings of a store's file, which is made when it is absent; Unavailable when it cannot keep them."""
    database = Database(url, service, "")
    try:
        with database.statement() as connection:
            kept = {name: scalar(connection, f"PRAGMA {name}") for name in ("journal_mode", "synchronous")}
            damage = scalar(connection, "PRAGMA quick_check(1)")
    finally:
        database.close()
    advice = "Bring back a copy of the file, with its -wal file beside it."
    return [
        finding("journal_mode", kept["journal_mode"], kept["journal_mode"] == "wal", "Use another file system."),
        finding("synchronous", MODES[kept["synchronous"]], kept["synchronous"] == FULL, "Use another file system."),
        finding("quick_check", damage, damage == "ok", advice),
    ]


def _statements(script: str) -> Iterator[str]:
    """Those of a script; the body of a trigger holds semicolons of its own."""
    statement = ""
    for piece in script.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _leave(_: Connection) -> None:
    """Nothing is known of the file yet."""


def scalar(connection: Connection, statement: str, *values: Any) -> Any:
    """The first column of the first row; None when there is no row."""
    row = connection.execute(statement, values).fetchone()
    return row and row[0]
