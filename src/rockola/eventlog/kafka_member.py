"""A member of a Kafka group: the partitions that are its own, and a window of what Kafka sends of each.

A window that is full is paused, so that a member that reads slowly, or one partition alone, hears the group all the
same and does not grow.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from rockola.eventlog.kafka_cluster import REFUSALS, Cluster, Failed, Lines
from rockola.eventlog.kafka_window import Window
from rockola.vote.errors import LostRecords, Unavailable
from rockola.vote.rules import Entry

PULL = 1000  # messages that are taken from the driver at once
LEAVING = 3.0  # seconds that Kafka has to hear that a member leaves
BELIEVED = 1.0  # seconds that the end of a partition of which nothing comes, or is taken, is believed
REPORT = 0.5  # seconds between two commits: the broker makes a record of each, and waits for its copies
SETTINGS = {
    "enable.auto.commit": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "check.crcs": True,
    "enable.partition.eof": True,  # tells the position behind records that are not for readers
    "max.poll.interval.ms": 300_000,
    "fetch.min.bytes": 1 << 20,  # a broker that answers for each record at once costs itself and us a core
    "fetch.wait.max.ms": 10,  # so a lone vote waits that long, and a change of position too
    "fetch.queue.backoff.ms": 10,  # by default a second, for which nothing is read
    "queued.min.messages": 10_000,
    "queued.max.messages.kbytes": 16_384,
}
CLASSIC = {"partition.assignment.strategy": "cooperative-sticky", "heartbeat.interval.ms": 1000}
OUT_OF_RANGE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
TRUNCATED = KafkaError(KafkaError._LOG_TRUNCATION).str()  # a reason, not a code, to who wants no reset

log = structlog.get_logger()


class Member:
    """What the driver tells, it tells within `pull` and `listen`, on the caller's thread."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._topic = cluster, cluster.topic
        self.owned = set[int]()
        self.fresh = set[int]()  # partitions of which something came that was not read
        self._fetched = set[int]()  # partitions of ours of which records come
        self._windows: dict[int, Window] = {}
        self._pulled = time.monotonic()
        self._reached: dict[int, int] = {}  # positions that Kafka was not told yet
        self._reported = 0.0
        self._leaving: threading.Thread | None = None
        settings = cluster.settings(**SETTINGS, **_grouped(cluster), error_cb=self._heed, on_commit=_committed)
        self._consumer = Consumer(settings, logger=Lines())
        self._consumer.subscribe([self._topic], on_assign=self._take_on, on_revoke=self._give_up)

    def pull(self) -> None:
        """Takes what has come, and serves the group."""
        with self._complete():
            self._sort(self._consumer.consume(PULL, 0))
        self._pulled = time.monotonic()
        self._report()

    def listen(self, seconds: float) -> None:
        """The same, and waits for the first of it."""
        with self._complete():
            message = self._consumer.poll(seconds)
            if message is not None:
                self._sort([message])

    def window(self, partition: int) -> Window | None:
        """What has come of a partition; None when it is not known where it stands."""
        return self._windows.get(partition)

    def go(self, partition: int, start: int) -> Window:
        """Lets the partition's records come from `start` on; what came before is dropped."""
        self._windows.pop(partition, None)
        with self._complete():
            self._leave(partition)
            self._consumer.incremental_assign([self._at(partition, start)])
            self._fetched.add(partition)
            self._consumer.resume([self._at(partition)])  # a pause outlives the assignment
        self._windows[partition] = Window(start)
        return self._windows[partition]

    def read_on(self, partition: int, window: Window) -> None:
        """Lets more come of a partition that was paused."""
        if window.is_paused:
            self._consumer.resume([self._at(partition)])
            window.is_paused = False

    def require_owned(self, partition: int) -> None:
        """Unavailable for a partition that is another member's."""
        if partition not in self.owned:
            error = KafkaError(KafkaError._ASSIGNMENT_LOST, f"partition {partition} is not ours now")
            raise Unavailable("log") from Failed(error)

    def trust(self) -> None:
        """All that came is of this log."""
        for window in self._windows.values():
            window.trust()

    def distrust(self, partitions: Iterable[int]) -> None:
        """Forgets where these stand."""
        for partition in list(partitions):
            self._windows.pop(partition, None)

    def end(self, partition: int) -> int | None:
        """The offset behind the newest record, as Kafka told it with the last answer; None when it did not.

        The driver asks no more once it is full of records that nobody takes.
        """
        window = self._windows.get(partition)
        if window is None or window.is_paused or time.monotonic() - self._pulled > BELIEVED:
            return None
        _, high = self._consumer.get_watermark_offsets(self._at(partition), cached=True)
        return max(high, window.next) if high >= 0 else None

    def commit(self, partition: int, position: int) -> None:
        """For tools, within REPORT; that it failed is told to the log, and nothing depends on it."""
        self._reached[partition] = position

    def close(self) -> None:
        """Leaves the group: its partitions are free at once, or after the session when Kafka does not hear it now."""
        if self._leaving is not None:  # the driver does not bear to be told twice at a time
            return
        self._report(every=0)
        self._leaving = threading.Thread(target=self._consumer.close, name="leaving", daemon=True)
        self._leaving.start()
        self._leaving.join(LEAVING)
        if self._leaving.is_alive():  # the driver waits for its commits for ever
            log.warning("kafka_left_unheard", topic=self._topic)

    def _report(self, every: float = REPORT) -> None:
        """Tells Kafka how far the count is, of all partitions together."""
        if not self._reached or time.monotonic() - self._reported < every:
            return
        self._reported, reached, self._reached = time.monotonic(), self._reached, {}
        mine = [self._at(partition, position) for partition, position in reached.items() if partition in self.owned]
        try:
            if mine:
                self._consumer.commit(offsets=mine, asynchronous=True)
        except KafkaException as error:
            _committed(error.args[0], [])

    def _leave(self, *partitions: int) -> None:
        """Nothing more is fetched of these."""
        left = self._fetched & set(partitions)
        self._consumer.incremental_unassign([self._at(one) for one in left])
        self._fetched -= left

    @contextmanager
    def _complete(self) -> Iterator[None]:
        """All that comes gets to its place, or nothing that came is believed: a window has no hole."""
        try:
            yield
        except BaseException as error:
            self.distrust(self._windows)
            if isinstance(error, KafkaException):
                raise self._cluster.failure(error.args[0]) from Failed(*error.args)
            raise

    def _sort(self, messages: Iterable[Any]) -> None:
        """Puts what came where it belongs."""
        for message in messages:
            partition, offset, error = message.partition(), message.offset(), message.error()
            if error is not None:
                self._learn(error, partition, offset)
            elif partition in self.owned:
                self.fresh.add(partition)
                if partition in self._windows:
                    self._windows[partition].add(Entry(offset, message.value() or b""))
        for partition, window in self._windows.items():
            if window.is_full and not window.is_paused:
                window.is_paused = True
                self._consumer.pause([self._at(partition)])

    def _learn(self, error: KafkaError, partition: int, offset: int) -> None:
        """What Kafka says instead of records."""
        code, window = error.code(), self._windows.get(partition)
        if code == KafkaError._PARTITION_EOF:
            if window is not None and window.skip(offset):
                self.fresh.add(partition)
        elif TRUNCATED in error.str():
            raise LostRecords(f"The log lost records of partition {partition} that were read already: {error.str()}.")
        elif code in OUT_OF_RANGE:
            self.distrust([partition])
        else:
            self._heed(error)

    def _heed(self, error: KafkaError) -> None:
        """Something is wrong with more than one partition: the next read asks where it stands."""
        if error.code() in REFUSALS:
            raise self._cluster.failure(error) from Failed(error)
        log.debug("kafka_error", code=error.name(), reason=error.str())
        self.distrust(self._windows)

    def _take_on(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """These are ours; fetching begins where whoever reads them says, and not before."""
        consumer.incremental_assign([])
        self.owned |= {one.partition for one in partitions}
        self.fresh |= self.owned

    def _give_up(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """These are not ours any more."""
        gone = {one.partition for one in partitions}
        self._leave(*gone)
        self.distrust(gone)
        self.owned -= gone
        self.fresh -= gone

    def _at(self, partition: int, offset: int = OFFSET_END) -> TopicPartition:
        return TopicPartition(self._topic, partition, offset)


def _grouped(cluster: Cluster) -> dict[str, Any]:
    """The settings of the group's protocol; of the new one, the broker decides the rest."""
    options = cluster.options
    settings = {"group.id": options["group"], "group.protocol": options["protocol"]}
    if options["protocol"] == "consumer":
        return settings
    return settings | CLASSIC | {"session.timeout.ms": options["session"] * 1000}


def _committed(error: KafkaError | None, _: list[TopicPartition]) -> None:
    if error is not None:
        log.debug("kafka_commit", reason=error.str())
