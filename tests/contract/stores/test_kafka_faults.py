"""An event log in Kafka while its broker stops, dies, or refuses."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import pytest
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from appending import accepted, written
from building import keyed, vote
from reading import reading
from rockola.eventlog import Keyed, LogReader, LogWriter
from rockola.opening import create_log, open_log_writer
from rockola.vote.errors import DeadWriter, Unavailable
from running import until
from services import Own
from tools.services.process import Service
from topics import Topic

ONE = keyed(vote(id="id-of-one"))
LARGE = [Keyed("key", bytes(60_000))] * 100
RULES = (  # nobody may write
    (ResourceType.TOPIC, "*", AclOperation.WRITE, AclPermissionType.DENY),
    (ResourceType.TOPIC, "*", AclOperation.DESCRIBE, AclPermissionType.ALLOW),
    (ResourceType.TOPIC, "*", AclOperation.DESCRIBE_CONFIGS, AclPermissionType.ALLOW),
    (ResourceType.BROKER, "kafka-cluster", AclOperation.IDEMPOTENT_WRITE, AclPermissionType.DENY),
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A broker that these tests stop and kill; each leaves it running."""
    own = Own(tmp_path_factory.mktemp("kafka"))
    yield own("kafka")
    own.close()


@pytest.fixture
def url(broker: Service) -> str:
    """A topic of its own there."""
    return f"{broker.url}/test-{uuid4().hex}?partitions=1&create_topic=true"


def test_a_full_queue_is_unavailable_at_once_and_empties_itself(broker: Service, url: str) -> None:
    async def fill(writer: LogWriter) -> None:
        await writer.append([ONE])
        broker.pause()
        appends = [asyncio.ensure_future(writer.append(LARGE)) for _ in range(11)]  # 64 MB
        await asyncio.sleep(0)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await writer.append(LARGE)
        assert time.monotonic() - began < 1
        broker.resume()
        await accepted(writer, LARGE)
        first, *_ = await asyncio.gather(*appends, return_exceptions=True)
        assert isinstance(first, list)

    written(url, fill)


def test_records_whose_callers_left_are_among_those_on_their_way(broker: Service, url: str) -> None:
    async def leave(writer: LogWriter) -> None:
        await writer.append([ONE])
        broker.pause()
        for _ in range(11):  # 64 MB
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(writer.append(LARGE), 0.01)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(writer.append(LARGE), 1)
        broker.resume()
        await accepted(writer, [ONE])

    written(url, leave)


@pytest.mark.slow
def test_a_writer_whose_broker_hangs_closes_in_time_and_leaves_nothing_at_work(broker: Service, url: str) -> None:
    async def end() -> float:
        writer = await open_log_writer(url)
        await writer.append([ONE])
        broker.pause()
        appends = [asyncio.ensure_future(writer.append(LARGE)) for _ in range(8)]  # more than lies in a network
        await asyncio.sleep(0.5)
        began = time.monotonic()
        await writer.close()
        assert [type(one) for one in await asyncio.gather(*appends, return_exceptions=True)] == [Unavailable] * 8
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return time.monotonic() - began

    try:
        assert asyncio.run(end()) < 15.0
    finally:
        broker.resume()


@pytest.mark.slow
def test_a_broker_that_does_not_answer_makes_an_append_unavailable_in_time_and_never_a_place(
    broker: Service, url: str
) -> None:
    async def wait(writer: LogWriter) -> None:
        await writer.append([ONE])
        broker.pause()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await writer.append([ONE])
        assert 8 < time.monotonic() - began < 11.5
        with pytest.raises(Unavailable):
            await writer.check()
        broker.resume()
        await accepted(writer, [ONE])

    written(url, wait)


@pytest.mark.slow
def test_a_killed_broker_that_is_back_is_appended_to_and_read_on_by_the_same_two_within_two_seconds(
    broker: Service, url: str
) -> None:
    async def fail_and_go_on(writer: LogWriter) -> None:
        await writer.append([ONE])
        position = reader.read(0, 0, 10).next
        broker.kill()
        with pytest.raises(Unavailable):
            await writer.append([ONE])
        with pytest.raises(Unavailable):
            reader.read(0, position, 10)
        await asyncio.to_thread(broker.start)
        assert await accepted(writer, [ONE]) < 2
        assert await asyncio.to_thread(following, reader, position) < 2

    with reading(url) as reader:
        written(url, fail_and_go_on)


def following(reader: LogReader, position: int) -> float:
    """How many seconds pass until something lies behind the position."""

    def has_come() -> bool:
        reader.wait(0.05)
        with suppress(Unavailable):
            return bool(reader.read(0, position, 10).entries)
        return False

    began = time.monotonic()
    until(has_come, "the next record")
    return time.monotonic() - began


def test_a_reader_leaves_in_seconds_though_nobody_hears_it(broker: Service, url: str) -> None:
    with reading(url) as reader:
        reader.commit(0, reader.read(0, 0, 10).next)
        broker.pause()
        reader.commit(0, 0)
        began = time.monotonic()
        reader.close()
        assert time.monotonic() - began < 5
        broker.resume()


def test_a_producer_that_ended_says_so_for_good(own: Own) -> None:
    authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    url = f"{own('kafka', authorizer_class_name=authorizer, allow_everyone_if_no_acl_found='true').url}/votes"
    create_log(url)
    deny(url)

    async def append(writer: LogWriter) -> None:
        with pytest.raises((Unavailable, DeadWriter)):
            await writer.append([ONE])
        for ask in (lambda: writer.append([ONE]), writer.check):
            with pytest.raises(DeadWriter, match="Kafka's producer ended, start again"):
                await ask()

    written(url, append)


def deny(url: str) -> None:
    """Nobody may write from now on."""
    admin = Topic(url).admin
    rules = [
        AclBinding(kind, name, ResourcePatternType.LITERAL, "User:*", "*", operation, permission)
        for kind, name, operation, permission in RULES
    ]
    for future in admin.create_acls(rules).values():
        future.result()
