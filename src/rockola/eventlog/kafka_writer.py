"""Appends to a Kafka topic, on the event loop alone.

Kafka's word on each record takes a call from the driver into Python, and the driver gives the interpreter's lock away
between two of them. A thread that listens for them waits for the lock each time: half a millisecond for each record
while something else computes, and for ever under a loop that never rests. So the loop itself looks every millisecond
while something is on its way: measured with a second thread that computes, 117,000 records/s in appends of 512, and
35,000 to 47,000 by a thread; on a loop that never rests 105,000 to 165,000, and about 100.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from rockola.eventlog import Keyed
from rockola.eventlog.kafka_cluster import Failed, Lines
from rockola.eventlog.kafka_topic import BATCH_BYTES, Identity, Topic
from rockola.failpoints import failpoint
from rockola.vote.errors import BrokenPromise, DeadWriter, Unavailable, WrongLog
from rockola.vote.model import Place, partition_of

SOON, SELDOM = 0.001, 1.0  # seconds between two looks: while something is on its way, and otherwise
FRAME = 2000  # bytes of a batch that are not its records, and a good deal more
SETTINGS = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 0,  # an append is a batch already: with 1 ms fewer are appended, and each waits longer
    "compression.type": "lz4",
    "delivery.timeout.ms": 9000,  # under the gateway's deadline, so that nothing is appended after it was given up
    "queue.buffering.max.kbytes": 65_536,
    "batch.size": BATCH_BYTES - FRAME,
    "message.max.bytes": BATCH_BYTES,
}
LOST = -1  # the offset of a record that is not known to be anywhere
FULL = KafkaError(KafkaError._QUEUE_FULL)


class KafkaWriter:
    """A LogWriter. Whatever Kafka says, it says on the loop, in `_look`."""

    def __init__(self, topic: Topic, identity: Identity) -> None:
        self.generation, self.partitions = self._identity = identity
        self._topic = topic
        self._producer = Producer(topic.cluster.settings(**SETTINGS), logger=Lines())
        self._turn = count()
        self._last: dict[int, int] = {}  # the offset given last, by partition
        self._sent = set[asyncio.Future[Sequence[int]]]()
        self._broken: BrokenPromise | None = None
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(SELDOM, self._look)

    async def append(self, records: Sequence[Keyed]) -> list[Place]:
        """See LogWriter."""
        if self._broken is not None:
            raise self._broken
        if self._closing:
            raise Unavailable("log")
        failpoint("log.append")
        spread = self._spread(records)
        sent = [self._send(partition, [records[i] for i in own]) for partition, own in spread.items()]
        places: dict[int, Place] = {}
        for (partition, own), offsets in zip(spread.items(), await asyncio.gather(*sent), strict=True):
            places.update((i, Place(self.generation, partition, o)) for i, o in zip(own, offsets, strict=True))
        return [places[index] for index in range(len(records))]

    async def check(self) -> None:
        """See LogWriter; DeadWriter too."""
        if self._broken is not None:
            raise self._broken
        await asyncio.to_thread(self._topic.require_same, self._identity)

    async def close(self) -> None:
        """See LogWriter; it takes as long as an append may."""
        self._closing = True
        if self._sent:
            await asyncio.wait(self._sent)
        self._timer.cancel()
        await asyncio.to_thread(self._producer.close)
        self._topic.close()

    def _send(self, partition: int, records: Sequence[Keyed]) -> asyncio.Future[Sequence[int]]:
        """Hands one partition's records over; their offsets once all of them are durable, or Unavailable."""
        if not self._sent:
            self._timer.cancel()
            self._timer = self._loop.call_later(SOON, self._look)
        share = _Share(self, partition, len(records))
        self._sent.add(share.outcome)
        share.outcome.add_done_callback(self._sent.discard)
        messages: list[dict[str, Any]] = [{"value": value, "key": key or None} for key, value in records]
        taken = self._producer.produce_batch(self._topic.name, messages, partition, share.told)
        if taken < len(messages):
            share.fail(next((one["_error"] for one in messages if "_error" in one), FULL))
        return share.outcome

    def _look(self) -> None:
        """Hears what Kafka says, and comes again."""
        self._timer = self._loop.call_later(SOON if self._sent else SELDOM, self._look)
        try:
            self._producer.poll(0)
        except KafkaException as error:  # its last word
            self._end(error.args[0])

    def _end(self, error: KafkaError) -> None:
        """The driver no longer knows what it appended."""
        self._broken = DeadWriter(f"Kafka's producer ended, start again: {error.str()}.")

    def settle(self, partition: int, offsets: Sequence[int], error: KafkaError | None) -> None:
        """Raises why these are no places; WrongLog when they fell, since the topic was made again or lost its end."""
        if error is not None and error.code() == KafkaError._FATAL and self._broken is None:
            self._end(error)
        if self._broken is not None:
            raise self._broken
        if error is not None:
            raise Unavailable("log") from Failed(error)
        last = self._last.get(partition, LOST)
        if offsets[0] <= last or sorted(set(offsets)) != offsets:
            self._broken = WrongLog(
                f"The topic {self._topic.name} gave the offset {offsets[0]} in partition {partition} after {last}: it "
                "was made again, or lost records that were acknowledged. Start again to see which."
            )
            raise self._broken
        self._last[partition] = offsets[-1]

    def _spread(self, records: Sequence[Keyed]) -> Mapping[int, Sequence[int]]:
        """The indices of the records by partition."""
        free = next(self._turn) % self.partitions
        spread: dict[int, list[int]] = {}
        for index, (key, _) in enumerate(records):
            spread.setdefault(partition_of(key, self.partitions) if key else free, []).append(index)
        return spread


class _Share:
    """The records of an append that go to one partition, until Kafka has said of each where it is."""

    __slots__ = ("_error", "_expected", "_offsets", "_partition", "_writer", "outcome")

    def __init__(self, writer: KafkaWriter, partition: int, expected: int) -> None:
        self.outcome: asyncio.Future[Sequence[int]] = asyncio.get_running_loop().create_future()
        self._writer, self._partition, self._expected = writer, partition, expected
        self._offsets: list[int] = []
        self._error: KafkaError | None = None

    def fail(self, error: KafkaError) -> None:
        """Not all were taken."""
        self._error = error
        self._end()

    def told(self, error: KafkaError | None, message: Message) -> None:
        """Kafka's word on the next one."""
        if error is not None:
            self._error = error
        offset = message.offset()
        self._offsets.append(LOST if offset is None else offset)
        if len(self._offsets) == self._expected:
            self._end()

    def _end(self) -> None:
        if self.outcome.done():  # nobody waits any more
            return
        if self._error is None and min(self._offsets) < 0:  # durable, and Kafka forgot where: no place to give
            self._error = KafkaError(KafkaError._NO_OFFSET)
        try:
            self._writer.settle(self._partition, self._offsets, self._error)
        except (Unavailable, BrokenPromise) as error:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(self._offsets)
