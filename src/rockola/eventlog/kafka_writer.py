"""Appends to a Kafka topic: a lane for each partition, in which one batch is on its way and the next one gathers.

Lanes that were answered together go on together, so a request to a broker carries a batch for each of its partitions.
A broker works per request, not per record: see docs/adr/0012.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, NamedTuple

from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from rockola.eventlog import Keyed
from rockola.eventlog.kafka_producer import DELIVERY, Producer
from rockola.eventlog.kafka_topic import Identity, Topic
from rockola.failpoints import failpoint
from rockola.vote.errors import BrokenPromise, DeadWriter, Unavailable, WrongLog
from rockola.vote.model import Place, partition_of

FULL = 64 << 20  # bytes on their way
LOST = -1  # the offset of a batch that is not known to be anywhere
REFUSALS = (AuthenticationFailedError, ClusterAuthorizationFailedError, TopicAuthorizationFailedError)


class KafkaWriter:
    """A LogWriter, on the event loop alone."""

    def __init__(self, topic: Topic, identity: Identity) -> None:
        self.generation, self.partitions = self._identity = identity
        self._topic = topic
        self._lanes = [_Lane(self, partition) for partition in range(self.partitions)]
        self._turn = count()
        self._opening: asyncio.Task[Producer] | None = None
        self._leaving = set[asyncio.Task[None]]()
        self._broken: BrokenPromise | None = None
        self._closing = False

    async def append(self, records: Sequence[Keyed]) -> list[Place]:
        """See LogWriter."""
        self._require_able(sum(len(record.value) for record in records))
        failpoint("log.append")
        free = next(self._turn) % self.partitions
        share = _Share(len(records))
        for index, (key, value) in enumerate(records):
            partition = partition_of(key, self.partitions) if key else free
            self._lanes[partition].put(_Waiting(key.encode() or None, value, share, index))
        return [Place(self.generation, *place) for place in await share.outcome]

    async def check(self) -> None:
        """See LogWriter; DeadWriter too."""
        if self._broken is not None:
            raise self._broken
        await asyncio.to_thread(self._topic.require_same, self._identity)

    async def close(self) -> None:
        """See LogWriter; it takes as long as an append may."""
        self._closing = True
        await asyncio.gather(*(lane.empty() for lane in self._lanes))
        if self._opening is not None:
            self._let_go(self._opening)
        await asyncio.gather(*self._leaving)
        self._topic.close()

    async def send(self, partition: int, records: Sequence["_Waiting"]) -> tuple[int, int]:
        """Hands over as many as one batch takes; the offset of the first and their number once they are durable."""
        opening = self._opened()
        try:
            async with asyncio.timeout_at(records[0].share.until):
                producer = await asyncio.shield(opening)
                taken = _fill(batch := producer.batch_of(self._lanes[partition].bytes), records)
                appended = await producer.send_batch(batch, self._topic.name, partition=partition)
                return self._require_rising(partition, (await appended).offset, taken), taken
        except Exception as error:
            self._let_go(opening)
            raise self._failure(error) from error

    def _require_able(self, size: int) -> None:
        if self._broken is not None:
            raise self._broken
        if self._closing or size + sum(lane.bytes for lane in self._lanes) > FULL:
            raise Unavailable("log")

    def _opened(self) -> "asyncio.Task[Producer]":
        if self._opening is None:
            self._opening = asyncio.create_task(_open(self._topic))
        return self._opening

    def _let_go(self, opening: "asyncio.Task[Producer]") -> None:
        """The next record goes to a new producer."""
        if self._opening is opening:
            self._opening = None
            self._leaving.add(leaving := asyncio.create_task(_leave(opening)))
            leaving.add_done_callback(self._leaving.discard)

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, REFUSALS):
            self._broken = DeadWriter(f"Kafka's producer ended, start again: {error}.")
        return self._broken or (Unavailable("log") if isinstance(error, KafkaError | TimeoutError) else error)

    def _require_rising(self, partition: int, first: int, number: int) -> int:
        """The offset; WrongLog when it fell, since the topic was made again or lost its end."""
        lane = self._lanes[partition]
        if first <= LOST:  # durable, and Kafka forgot where: no place to give
            raise KafkaError("no offset")
        if first <= lane.last:
            self._broken = WrongLog(
                f"The topic {self._topic.name} gave the offset {first} in partition {partition} after {lane.last}: it "
                "was made again, or lost records that were acknowledged. Start again to see which."
            )
            raise self._broken
        lane.last = first + number - 1
        return first


class _Share:
    """What one append is still waiting for."""

    __slots__ = ("_left", "_places", "outcome", "until")

    def __init__(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[list[tuple[int, int]]] = loop.create_future()
        self.until = loop.time() + DELIVERY
        self._places, self._left = [(0, LOST)] * number, number
        if not number:
            self.outcome.set_result([])

    def place(self, index: int, partition: int, offset: int) -> None:
        """One of its records is durable."""
        self._places[index] = partition, offset
        self._left -= 1
        if not self._left and not self.outcome.done():
            self.outcome.set_result(self._places)

    def fail(self, error: Exception) -> None:
        """One of its records is not known to be."""
        if not self.outcome.done():  # else nobody waits, or was told
            self.outcome.set_exception(error)


class _Waiting(NamedTuple):
    """A record, and whom to tell where it is."""

    key: bytes | None
    value: bytes
    share: _Share
    turn: int


class _Lane:
    """The records of one partition, in the order in which they came."""

    def __init__(self, writer: KafkaWriter, partition: int) -> None:
        self.last = LOST  # the offset given last
        self.bytes = 0  # of the records that have no outcome yet, also when nobody waits for it any more
        self._writer, self._partition = writer, partition
        self._waiting: deque[_Waiting] = deque()
        self._work: asyncio.Task[None] | None = None

    def put(self, record: _Waiting) -> None:
        """It goes with the next batch."""
        self._waiting.append(record)
        self.bytes += len(record.value)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._send_all())

    async def empty(self) -> None:
        """Returns when all have their outcome."""
        if self._work is not None:
            await self._work

    async def _send_all(self) -> None:
        while self._waiting:
            try:
                first, number = await self._writer.send(self._partition, self._waiting)
            except Exception as error:  # told to each that waits, also behind the batch that failed
                while self._waiting:
                    self._taken().share.fail(error)
                return
            for offset in range(first, first + number):
                record = self._taken()
                record.share.place(record.turn, self._partition, offset)

    def _taken(self) -> _Waiting:
        record = self._waiting.popleft()
        self.bytes -= len(record.value)
        return record


def _fill(batch: Any, records: Iterable[_Waiting]) -> int:
    """Puts as many records as it takes into a batch; their number."""
    now = time.time_ns() // 1_000_000
    for taken, record in enumerate(records):
        if batch.append(timestamp=now, key=record.key, value=record.value) is None:
            return taken
    return taken + 1


async def _open(topic: Topic) -> Producer:
    producer = Producer(topic.cluster)
    try:
        await producer.start()
    except BaseException:
        await producer.abandon()
        raise
    return producer


async def _leave(opening: "asyncio.Task[Producer]") -> None:
    """Ends a producer that opened, and one that does not open."""
    if not opening.done():
        opening.cancel()
    await asyncio.wait([opening])
    if not opening.cancelled() and opening.exception() is None:
        await opening.result().abandon()
