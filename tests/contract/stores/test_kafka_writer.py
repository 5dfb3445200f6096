"""What appending to Kafka promises beyond the event log's own suite."""

import asyncio
from collections.abc import Sequence

import pytest

from appending import accepted, written
from building import keyed, vote
from reading import read_whole
from rockola.eventlog import Keyed, LogWriter
from rockola.vote.errors import Unavailable, WrongLog
from topics import Topic

ONE = keyed(vote(id="id-of-one"))


def make_again(url: str) -> None:
    topic = Topic(url)
    topic.remove()
    topic.make({})


def test_many_appends_at_once_lie_where_their_places_say(kafka_url: str) -> None:
    appends = [[Keyed(f"key-{n % 7}", b"%d.%d" % (call, n)) for n in range(600)] for call in range(40)]
    said = {}

    async def append(writer: LogWriter, records: Sequence[Keyed]) -> None:
        for place, record in zip(await writer.append(records), records, strict=True):
            said[place.partition, place.offset] = record.value

    async def append_all(writer: LogWriter) -> None:
        await asyncio.gather(*(append(writer, records) for records in appends))

    written(kafka_url, append_all)
    whole = read_whole(kafka_url)
    assert said == {(p, entry.offset): entry.value for p, entries in whole.items() for entry in entries}


def test_a_key_lies_in_kafka_too_for_other_tools(kafka_url: str) -> None:
    written(kafka_url, lambda writer: writer.append([Keyed("the-key", b"one")]))
    assert [message.key() for message in Topic(kafka_url).messages(1)] == [b"the-key"]


def test_a_topic_that_was_made_again_is_found_by_its_id(kafka_url: str) -> None:
    async def check(writer: LogWriter) -> None:
        await asyncio.to_thread(make_again, kafka_url)
        with pytest.raises(WrongLog, match="is another one than at the start"):
            await writer.check()

    written(kafka_url, check)


def test_a_topic_that_was_made_again_is_found_by_its_offsets_before_anybody_asks(kafka_url: str) -> None:
    async def append(writer: LogWriter) -> None:
        await writer.append([ONE, ONE])
        await asyncio.to_thread(make_again, kafka_url)
        with pytest.raises(WrongLog, match=r"gave the offset 0 in partition . after 1"):
            await accepted(writer, [ONE])
        with pytest.raises(WrongLog):
            await writer.check()
        with pytest.raises(WrongLog):
            await writer.append([ONE])

    written(kafka_url, append)


def test_a_topic_that_was_given_more_partitions_is_found(kafka_url: str) -> None:
    async def check(writer: LogWriter) -> None:
        await writer.check()
        await asyncio.to_thread(Topic(kafka_url).grow, 3)
        with pytest.raises(WrongLog, match=r"with 2 partitions and is \S+ with 3"):
            await writer.check()

    written(kafka_url, check)


def test_a_topic_that_is_gone_is_unavailable(kafka_url: str) -> None:
    async def check(writer: LogWriter) -> None:
        await asyncio.to_thread(Topic(kafka_url).remove)
        with pytest.raises(Unavailable):
            await writer.check()

    written(kafka_url, check)
