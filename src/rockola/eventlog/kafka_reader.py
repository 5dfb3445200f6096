"""Reads a Kafka topic by position: on, out of what has come; elsewhere, after asking whether it is there.

What came by the topic's name is given on once the topic's id was asked after it came: the driver reads on at the same
offset when a topic is removed and made again between two fetches, and says nothing. An answer for each read that finds
something new takes half a millisecond; under load one is for thousands of records.
"""

import threading
import time
from collections.abc import Collection

from confluent_kafka import KafkaError

from rockola.eventlog import Batch
from rockola.eventlog.kafka_cluster import Failed
from rockola.eventlog.kafka_member import BELIEVED, Member
from rockola.eventlog.kafka_topic import ANSWER, Identity, Topic
from rockola.eventlog.kafka_window import Window
from rockola.vote.errors import LostRecords, Unavailable

SLICE = 0.05  # seconds that a wait may be deaf to `wake`


class KafkaReader:
    """A LogReader. Reading elsewhere than before takes seconds at most."""

    def __init__(self, topic: Topic, identity: Identity) -> None:
        self.generation, self.partitions = self._identity = identity
        self._topic, self._member = topic, Member(topic.cluster)
        self._woken = threading.Event()
        self._ends: dict[int, tuple[float, int | None]] = {}

    def owned(self) -> Collection[int]:
        """See LogReader. Whoever asks often stays a member of the group, also while nothing is read."""
        self._member.pull()
        return frozenset(self._member.owned)

    def read(self, partition: int, start: int, limit: int) -> Batch:
        """See LogReader."""
        member = self._member
        member.pull()
        member.require_owned(partition)
        window = member.window(partition)
        if window is None or not window.holds(start):
            window = self._position(partition, start)
        window.drop(start)
        if window.is_doubtful:
            self._require_same()
            member.trust()
        batch = window.read(limit)
        if len(window) <= limit:
            member.fresh.discard(partition)
            member.read_on(partition, window)
        return batch

    def end(self, partition: int) -> int:
        """See LogReader: as Kafka told it with the last records, or a tenth of a second ago when none came."""
        found = self._member.end(partition)
        return self._asked_end(partition) if found is None else found

    def commit(self, partition: int, position: int) -> None:
        """See LogReader."""
        self._member.commit(partition, position)

    def wait(self, seconds: float) -> None:
        """See LogReader."""
        member, until = self._member, time.monotonic() + seconds
        member.pull()
        while not member.fresh and not self._woken.is_set() and (left := until - time.monotonic()) > 0:
            member.listen(min(left, SLICE))
        member.fresh.clear()

    def wake(self) -> None:
        """See LogReader."""
        self._woken.set()

    def close(self) -> None:
        """See LogReader."""
        self._member.close()
        self._topic.close()

    def _position(self, partition: int, start: int) -> Window:
        """Goes elsewhere in a partition that holds it, and waits for the first of its records when there are any."""
        if self._woken.is_set():  # who is told to end does not begin to wait
            raise Unavailable("log")
        low, high = self._topic.bounds(partition)
        self._require_same()
        require_held(partition, start, low, high)
        window = self._member.go(partition, start)
        until = time.monotonic() + ANSWER
        while window.next == start < high:
            if time.monotonic() > until or self._woken.is_set():
                raise Unavailable("log") from Failed(KafkaError(KafkaError._TIMED_OUT, "no record came"))
            self._member.listen(SLICE)
            self._member.pull()
            self._member.require_owned(partition)
        return window

    def _asked_end(self, partition: int) -> int:
        """The end of a partition of which nothing comes, since it is paused or the log is away."""
        at, found = self._ends.get(partition, (-BELIEVED, None))
        if time.monotonic() - at > BELIEVED:
            self._ends[partition] = time.monotonic(), None
            _, found = self._topic.bounds(partition)
            self._ends[partition] = time.monotonic(), found
        if found is None:
            raise Unavailable("log")
        return found

    def _require_same(self) -> None:
        self._topic.require_same(self._identity)


def require_held(partition: int, start: int, low: int, high: int) -> None:
    """LostRecords unless the log holds the position."""
    if start < low:
        raise LostRecords(
            f"The log start is beyond the position: partition {partition} begins at {low}, and its records from "
            f"{start} to {low - 1} were deleted before they were counted. They are lost, unless a backup of the log "
            "holds them. What is counted is right up to there."
        )
    if start > high:
        raise LostRecords(
            f"The log ends at {high}, before the position {start} that partition {partition} was counted up to: it "
            "lost records. Bring back the broker's data that holds them."
        )
