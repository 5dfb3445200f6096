"""Records that no server wrote (F-40, F-41)."""

import sqlite3
from contextlib import closing
from pathlib import Path

from audit import await_counted, check_verified
from books import Books
from building import keyed, vote
from files import ask, position
from rockola.eventlog.embedded import EmbeddedReader
from running import until
from voting import Launch

GOOD = keyed(vote("Ash", "id-of-ash")).value
POISON = [
    b"\xff\x00\x80" * 50,
    b"\x0a\x04Band\x12\x03Ash",  # a protobuf
    b"{}",
    b"null",
    b"[1,2,3]",
    b"[" * 10_000,
    b'{"name":"Band"',
    GOOD.replace(b'"year":1997', b'"year":"1997"'),
    GOOD.replace(b'"rank":9.5', b'"rank":9.55555'),
    GOOD.replace(b"grpc", b"door"),
    GOOD.replace(b'"at"', b'"weight":1000,"at"'),
    GOOD.replace(b"Ash", b"A\\u0000h"),
    GOOD.replace(b"Ash", b" Ash "),
    GOOD.replace(b"Ash", "A\u0301sh".encode()),
    b"x" * 1_000_000,
]


def fill(data: Path, *records: bytes) -> None:
    """Writes records into the log behind the servers' back."""
    data.mkdir(exist_ok=True)
    EmbeddedReader(f"sqlite:///{data}/log.db").close()
    with closing(sqlite3.connect(data / "log.db", isolation_level=None)) as log:
        start = log.execute("SELECT coalesce(max(offset) + 1, 0) FROM records").fetchone()[0]
        log.executemany("INSERT INTO records VALUES (0, ?, ?)", list(enumerate(records, start)))


def text(number: int) -> str:
    return keyed(vote("Ash", f"id-number-{number}")).value.decode()


def test_f40_poison_is_archived_once_with_its_bytes_and_the_rest_is_counted(launch: Launch, data: Path) -> None:
    fill(data, *[record for number, bad in enumerate(POISON) for record in (bad, text(number))])
    launch("consumer").start()
    await_counted(Books.embedded(data))
    kept = ask(data, "archive", "SELECT raw FROM votes WHERE verdict = 'unreadable' ORDER BY offset")
    assert [bytes.fromhex(str(raw)) for (raw,) in kept] == POISON
    assert ask(data, "archive", "SELECT count(*) FROM votes WHERE verdict = 'counted'") == [(len(POISON),)]
    check_verified(Books.embedded(data))


def test_f41_a_thousand_poisoned_records_stop_the_partition_at_a_hundred_until_somebody_allows_more(
    launch: Launch, data: Path
) -> None:
    fill(data, text(1), *[b"poison"] * 1000, text(2))
    consumer = launch("consumer").start()
    until(lambda: consumer.metric("rockola_partition_stopped") == 1, "the alarm")
    assert position(data) == 101
    assert "partition_stopped" in consumer.errors.read_text()
    consumer.stop()
    consumer.start()
    until(lambda: consumer.metric("rockola_partition_stopped") == 1, "the alarm again")
    assert position(data) == 101
    consumer.stop()
    launch("consumer", "--unreadable-limit", "1000").start()
    await_counted(Books.embedded(data))
    assert ask(data, "archive", "SELECT count(*) FROM votes WHERE verdict = 'counted'") == [(2,)]
    check_verified(Books.embedded(data))
