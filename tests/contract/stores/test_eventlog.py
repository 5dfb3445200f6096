"""What every event log promises."""

import asyncio
import threading
import time

import pytest

from appending import written
from building import keyed, vote
from reading import read_whole, reading
from rockola.eventlog import Keyed, LogWriter
from rockola.opening import open_log_writer
from rockola.vote.errors import LostRecords, Unavailable
from rockola.vote.model import Place, partition_of


def append(url: str, *records: Keyed) -> list[Place]:
    return written(url, lambda writer: writer.append(records))


def test_an_append_answers_with_places_that_hold_the_records_bytes(log_url: str) -> None:
    records = [keyed(vote(album, f"id-number-{n}")) for n, album in enumerate(("Añá", 'Quo"te', "Back\\slash", "😀"))]
    places = append(log_url, *records)
    kept = read_whole(log_url)
    assert [kept[place.partition][place.offset].value for place in places] == [record.value for record in records]


def test_a_key_decides_the_partition(log_url: str) -> None:
    records = [keyed(vote(id=f"id-number-{number}")) for number in range(20)]
    places = append(log_url, *records)
    assert [place.partition for place in places] == [partition_of(record.key, 2) for record in records]


def test_records_without_a_key_take_partitions_in_turn_a_batch_each(log_url: str) -> None:
    async def two(writer: LogWriter) -> list[set[int]]:
        return [{place.partition for place in await writer.append([keyed(), keyed()])} for _ in range(2)]

    assert sorted(written(log_url, two), key=min) == [{0}, {1}]


def test_offsets_rise_across_writers(log_url: str) -> None:
    one = keyed(vote(id="id-of-one"))
    assert [append(log_url, one)[0].offset for _ in range(3)] == [0, 1, 2]


def test_appends_at_the_same_time_all_get_places_of_their_own(log_url: str) -> None:
    async def many(writer: LogWriter) -> list[Place]:
        answers = await asyncio.gather(*(writer.append([keyed()] * 3) for _ in range(200)))
        return [place for places in answers for place in places]

    assert len(set(written(log_url, many))) == 600


def test_the_log_keeps_its_name_and_partitions(log_url: str) -> None:
    names = {append(log_url, keyed())[0].generation for _ in range(2)}
    with reading(log_url) as reader:
        assert (names, reader.partitions) == ({reader.generation}, 2)
        assert Place.parse(f"{reader.generation}.0.0").generation == reader.generation


def test_reading_goes_on_from_next(log_url: str) -> None:
    one = keyed(vote(id="id-of-one"))
    partition = append(log_url, *[one] * 5)[0].partition
    with reading(log_url) as reader:
        first = reader.read(partition, 0, 3)
        second = reader.read(partition, first.next, 3)
        assert [entry.offset for entry in [*first.entries, *second.entries]] == [0, 1, 2, 3, 4]
        assert second.next == reader.end(partition) == 5


def test_reading_again_gives_the_same(log_url: str) -> None:
    one = keyed(vote(id="id-of-one"))
    partition = append(log_url, *[one] * 9)[0].partition
    with reading(log_url) as reader:
        first = [reader.read(partition, start, 3) for start in (0, 3, 6)]
        assert [reader.read(partition, start, 3) for start in (0, 3, 6)] == first
        assert reader.read(partition, 4, 3).entries == [*first[1].entries[1:], first[2].entries[0]]


def test_reading_at_the_end_gives_nothing_and_stays(log_url: str) -> None:
    with reading(log_url) as reader:
        assert reader.read(0, 0, 10) == ([], 0)


def test_reading_beyond_the_end_means_that_records_were_lost(log_url: str) -> None:
    with reading(log_url) as reader, pytest.raises(LostRecords, match="ends at 0, before the position 7"):
        reader.read(0, 7, 10)


def test_a_waiting_reader_is_woken_by_an_append(log_url: str) -> None:
    with reading(log_url) as reader:
        for partition in reader.owned():
            reader.read(partition, 0, 1)
        reader.wait(0)
        began = time.monotonic()
        append(log_url, keyed())
        reader.wait(10)
        assert time.monotonic() - began < 5


def test_a_wait_ends_by_itself(log_url: str) -> None:
    with reading(log_url) as reader:
        reader.wait(0)
        began = time.monotonic()
        reader.wait(0.05)
        assert 0.04 < time.monotonic() - began < 5


def test_a_wake_ends_the_wait_under_way_and_every_later_one(log_url: str) -> None:
    with reading(log_url) as reader:
        reader.wait(0)
        timer = threading.Timer(0.2, reader.wake)
        timer.start()
        began = time.monotonic()
        reader.wait(30)
        reader.wait(30)
        assert time.monotonic() - began < 5
        timer.join()


def test_a_closed_writer_takes_nothing(log_url: str) -> None:
    async def late() -> None:
        writer = await open_log_writer(log_url)
        await writer.close()
        await writer.append([keyed()])

    with pytest.raises(Unavailable):
        asyncio.run(late())


def test_closing_waits_for_what_was_handed_in(log_url: str) -> None:
    async def hasty() -> list[list[Place]]:
        writer = await open_log_writer(log_url)
        appends = [asyncio.ensure_future(writer.append([keyed()])) for _ in range(50)]
        await asyncio.sleep(0)
        await writer.close()
        return await asyncio.gather(*appends)

    assert len(asyncio.run(hasty())) == 50
