"""What reading from Kafka promises beyond the event log's own suite."""

import os
import threading
import time
from contextlib import closing

import pytest

from appending import written
from reading import own, reading, reading_apart
from rockola.eventlog import Keyed, LogReader
from rockola.opening import open_log_reader
from rockola.vote.errors import LostRecords, Unavailable, WrongLog
from running import until, weight
from topics import Topic

MEGABYTE = 1 << 20
MANY, LARGE = 400, 60_000  # together more than a reader fetches ahead


@pytest.fixture(params=["classic", "consumer"])
def group_url(request: pytest.FixtureRequest, kafka_url: str) -> str:
    """A topic read by a group of either protocol."""
    return f"{kafka_url}&protocol={request.param}"


def append(url: str, partition: int, number: int, size: int = 0) -> None:
    """Appends so many records to a partition: their numbers, and then some."""
    Topic(url).append(partition, *(b"%d".ljust(size) % n for n in range(number)))


def make(url: str) -> Topic:
    open_log_reader(url).close()
    return Topic(url)


def read_up_to(reader: LogReader, partition: int, position: int, end: int) -> list[int]:
    """The offsets that are read, step by step."""
    offsets = []
    deadline = time.monotonic() + 30
    while position < end and time.monotonic() < deadline:
        entries, position = reader.read(partition, position, 500)
        offsets += [entry.offset for entry in entries]
        if not entries:
            reader.wait(1)
    return offsets


def test_a_lone_reader_owns_nothing_at_first_and_then_everything(group_url: str) -> None:
    with closing(open_log_reader(group_url)) as reader:
        assert not reader.owned()
        own(reader, 0, 1)


def test_two_readers_share_and_a_third_takes_over_what_one_leaves(group_url: str) -> None:
    with reading(group_url) as first, closing(open_log_reader(group_url)) as second:
        until(lambda: wait_for(first, second) == [1, 1], "a partition each")
        assert {*first.owned(), *second.owned()} == {0, 1}
        with closing(open_log_reader(group_url)) as third:
            left = set(second.owned())
            second.close()
            until(lambda: wait_for(first, third) == [1, 1], "a partition each")
            assert {*first.owned(), *third.owned()} == {0, 1}
            assert left <= {0, 1}


def wait_for(*readers: LogReader) -> list[int]:
    """How many partitions each owns after a moment."""
    for reader in readers:
        reader.wait(0.05)
    return [len(reader.owned()) for reader in readers]


def test_a_partition_that_moved_is_unavailable_also_when_its_records_had_come(group_url: str) -> None:
    make(group_url)
    append(group_url, 0, 10)
    append(group_url, 1, 10)
    with reading(group_url) as first, closing(open_log_reader(group_url)) as second:
        positions = {partition: first.read(partition, 0, 5).next for partition in (0, 1)}
        until(lambda: wait_for(first, second) == [1, 1], "a partition each")
        (moved,) = second.owned()
        with pytest.raises(Unavailable):
            first.read(moved, positions[moved], 5)
        assert second.read(moved, positions[moved], 5).next == 10


@pytest.mark.slow
def test_a_process_that_was_paused_while_its_partitions_moved_does_not_own_them(kafka_url: str) -> None:
    url = f"{kafka_url}&session=6"
    with reading_apart(url) as other:
        assert other.owns() == [0, 1]
        other.pause()
        with closing(open_log_reader(url)) as second:
            own(second, 0, 1)
            other.resume()
            until(lambda: other.owns() != [0, 1], "the end of its ownership")


def test_the_topics_start_beyond_the_position_names_the_missing_records(kafka_url: str) -> None:
    topic = make(kafka_url)
    append(kafka_url, 0, 10)
    topic.forget(0, 7)
    with reading(kafka_url) as reader:
        with pytest.raises(LostRecords, match="partition 0 begins at 7, and its records from 3 to 6 were deleted"):
            reader.read(0, 3, 10)
        assert reader.read(0, 7, 10).next == 10


def test_records_that_are_deleted_before_a_reader_gets_to_them_are_missed_by_it(kafka_url: str) -> None:
    topic = make(kafka_url)
    append(kafka_url, 0, MANY, LARGE)
    with reading(kafka_url) as reader:
        position = reader.read(0, 0, 1).next
        topic.forget(0, MANY)
        with pytest.raises(LostRecords, match=f"partition 0 begins at {MANY}, and its records from"):
            read_up_to(reader, 0, position, MANY)
        assert reader.read(0, MANY, 10) == ([], MANY)
        append(kafka_url, 0, 10)
        assert read_up_to(reader, 0, MANY, MANY + 10) == list(range(MANY, MANY + 10))


def test_a_topic_that_was_made_again_stops_its_reader(kafka_url: str) -> None:
    topic = make(kafka_url)
    append(kafka_url, 0, 5)
    with reading(kafka_url) as reader:
        assert reader.read(0, 0, 10).next == 5
        topic.remove()
        topic.make({})
        append(kafka_url, 0, 20)
        with pytest.raises(WrongLog, match="is another one than at the start"):
            read_up_to(reader, 0, 5, 20)


def test_a_topic_that_is_gone_is_unavailable(kafka_url: str) -> None:
    topic = make(kafka_url)
    with reading(kafka_url) as reader:
        topic.remove()
        with pytest.raises(Unavailable):
            reader.read(0, 0, 10)


def test_the_position_passes_what_transactions_leave_behind(kafka_url: str) -> None:
    topic = make(kafka_url)
    topic.transact(0, [b"0", b"1"])
    topic.transact(0, [b"3", b"4"], kept=False)
    topic.transact(0, [b"6"])
    with reading(kafka_url) as reader:
        assert read_up_to(reader, 0, 0, 8) == [0, 1, 6]
        assert reader.read(0, 8, 10) == ([], 8)
        assert reader.end(0) == 8


def test_a_record_without_a_value_is_empty(kafka_url: str) -> None:
    make(kafka_url).append(0, None, b"")
    with reading(kafka_url) as reader:
        assert [entry.value for entry in reader.read(0, 0, 10).entries] == [b"", b""]


def test_reading_back_and_again_gives_the_same(kafka_url: str) -> None:
    make(kafka_url)
    append(kafka_url, 0, 3000)
    with reading(kafka_url) as reader:
        first = [reader.read(0, start, 500) for start in (0, 500, 1000)]
        assert [reader.read(0, start, 500) for start in (0, 500, 1000)] == first
        assert reader.read(0, 700, 10).entries[0] == first[1].entries[200]


def test_reading_back_in_a_partition_of_which_no_more_was_fetched_goes_on(kafka_url: str) -> None:
    make(kafka_url)
    append(kafka_url, 0, 2 * MANY, LARGE)
    with reading(kafka_url) as reader:
        reader.read(0, MANY, 1)
        for _ in range(20):
            reader.wait(0.05)
        assert read_up_to(reader, 0, 0, 2 * MANY) == list(range(2 * MANY))


def test_a_hundred_thousand_records_are_read_in_order_in_seconds(kafka_url: str) -> None:
    make(kafka_url)
    append(kafka_url, 0, 100_000, 130)
    with reading(kafka_url) as reader:
        began = time.monotonic()
        assert read_up_to(reader, 0, 0, 100_000) == list(range(100_000))
        assert time.monotonic() - began < 10


def test_a_partition_that_is_not_read_takes_little_memory_and_stops_no_other(kafka_url: str) -> None:
    make(kafka_url)
    append(kafka_url, 0, 15_000, 10_000)
    append(kafka_url, 1, 1000)
    with reading(kafka_url) as reader:
        before = weight(os.getpid())
        reader.read(0, 0, 1)
        assert read_up_to(reader, 1, 0, 1000) == list(range(1000))
        for _ in range(200):
            reader.wait(0.01)
        assert weight(os.getpid()) - before < 60 * MEGABYTE
        assert read_up_to(reader, 0, 1, 15_000) == list(range(1, 15_000))


def test_the_end_is_told_as_it_grows_also_of_a_partition_that_is_not_read(kafka_url: str) -> None:
    make(kafka_url)
    append(kafka_url, 0, MANY, LARGE)
    with reading(kafka_url) as reader:
        reader.read(0, 0, 1)
        assert reader.end(0) == MANY
        append(kafka_url, 0, 50)
        until(lambda: reader.owned() and reader.end(0) == MANY + 50, "the end")


def test_the_end_is_right_also_after_seconds_in_which_nothing_was_taken(kafka_url: str) -> None:
    with reading(kafka_url) as reader:
        reader.read(0, 0, 1)
        append(kafka_url, 0, MANY, LARGE)
        time.sleep(2)
        append(kafka_url, 0, 50)
        assert reader.end(0) == MANY + 50


def test_a_lone_record_is_there_at_once(kafka_url: str) -> None:
    with reading(kafka_url) as reader:
        reader.read(0, 0, 10)
        reader.wait(0)
        appended: list[float] = []

        def append_one() -> None:
            written(kafka_url, lambda writer: writer.append([Keyed("", b"")]))
            appended.append(time.monotonic())

        thread = threading.Thread(target=append_one)
        thread.start()
        entries = []
        while not entries:
            reader.wait(1)
            entries = [entry for partition in (0, 1) for entry in reader.read(partition, 0, 10).entries]
        seen = time.monotonic()
        thread.join()
        assert seen - appended[0] < 0.5


def test_a_position_is_told_to_the_tools_of_the_group(kafka_url: str) -> None:
    topic = make(kafka_url)
    append(kafka_url, 0, 10)
    with reading(kafka_url) as reader:
        reader.commit(0, 7)
        until(lambda: reader.owned() and topic.committed(0) == 7, "the commit")
