"""A topic of a Kafka cluster as its administrator sees it: made, described, and held to what it was at start."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, TypeVar

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec, ResourceType, TopicDescription

from rockola.eventlog.kafka_cluster import Cluster, Failed, Lines
from rockola.vote.errors import Unavailable, WrongLog

ANSWER = 3.0  # seconds that Kafka has to tell about a topic, and to send the first record of a partition
MAKING = 10.0  # seconds until every broker that we ask knows a new topic
SPARED = 1.0  # seconds that a Kafka that does not answer is not asked again where a partition ends
PAUSE = 0.05  # seconds between two looks
BATCH_BYTES = 65_536  # of the records that lie together in the log; a vote takes at most 4 KB
DAY = 24 * 3600 * 1000  # milliseconds
COPIES = 3
EARLIEST, LATEST = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]
# A broker that died is asked for as the controller, over and over, until the next look at who is: by default 5 minutes.
SETTINGS_OF_ADMIN = {"topic.metadata.refresh.interval.ms": 1000}
SETTINGS = {
    "message.timestamp.type": "LogAppendTime",  # by a gateway's clock that is years behind, retention deletes at once
    "cleanup.policy": "delete",
    "retention.ms": str(30 * DAY),
    "retention.bytes": "-1",
    "unclean.leader.election.enable": "false",
    "max.message.bytes": str(BATCH_BYTES),
}

Answer = TypeVar("Answer")


class Identity(NamedTuple):
    """What makes a topic the log that it is."""

    generation: str
    partitions: int


class Topic:
    """The topic that a URL names; Unavailable when Kafka does not tell, Unfit when it refuses to."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.name = cluster, cluster.topic
        self._trouble: KafkaError | None = None
        self._spared = 0.0
        self._stack = ExitStack()
        settings = cluster.settings(**SETTINGS_OF_ADMIN, error_cb=self._heed)
        self._admin = self._stack.enter_context(AdminClient(settings, logger=Lines()))

    def describe(self) -> TopicDescription | None:
        """Its description; None when there is no such topic."""
        asked = self._admin.describe_topics(TopicCollection([self.name]), request_timeout=ANSWER)
        return self._answer(asked[self.name], KafkaError.UNKNOWN_TOPIC_OR_PART)

    def create(self) -> TopicDescription:
        """Makes it, unless it is there; two that do so at once both find it."""
        if (found := self.describe()) is not None:
            return found
        wanted = NewTopic(self.name, self.cluster.options["partitions"], copies := self._copies(), config=made(copies))
        making = self._admin.create_topics([wanted], request_timeout=MAKING)[self.name]
        self._answer(making, KafkaError.TOPIC_ALREADY_EXISTS)
        return self._await_made()

    def settings(self) -> Mapping[str, str] | None:
        """Its settings as they are in force; None when its user may not see them."""
        resource = ConfigResource(ResourceType.TOPIC, self.name)
        asked = self._admin.describe_configs([resource], request_timeout=ANSWER)[resource]
        found = self._answer(asked, KafkaError.TOPIC_AUTHORIZATION_FAILED)
        return None if found is None else {name: entry.value or "" for name, entry in found.items()}

    def bounds(self, partition: int) -> tuple[int, int]:
        """The positions of a partition's oldest record and behind its newest one.

        After a failure it is not asked again for a second: whoever reads six partitions would wait six times.
        """
        if time.monotonic() < self._spared:
            raise Unavailable("log") from Failed(self._trouble or KafkaError(KafkaError._TIMED_OUT))
        with self._failing():
            self._admin.list_topics(self.name, ANSWER)  # else it asks a leader of the past, again and again
        at, level = TopicPartition(self.name, partition), IsolationLevel.READ_COMMITTED
        asked = [
            self._admin.list_offsets({at: which}, isolation_level=level, request_timeout=ANSWER)[at]
            for which in (EARLIEST, LATEST)
        ]
        first, last = (self._sure(one).offset for one in asked)
        if min(first, last) < 0:  # its leader is away, which the driver does not tell as an error
            raise Unavailable("log") from Failed(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
        return first, last

    def require_same(self, identity: Identity) -> None:
        """WrongLog when it is another one by now, Unavailable when it is gone."""
        if (found := self.describe()) is None:
            raise Unavailable("log") from Failed(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
        if (now := identity_of(found)) != identity:
            raise WrongLog(
                f"The topic {self.name} is another one than at the start: it was {identity.generation} with "
                f"{identity.partitions} partitions and is {now.generation} with {now.partitions}. Nothing that was "
                "acknowledged lies in it: bring the first one back, or begin a new contest with this one, "
                "a new tally and a new archive."
            )

    def close(self) -> None:
        """Ends its connections and threads."""
        self._stack.close()

    def _copies(self) -> int:
        brokers = self._sure(self._admin.describe_cluster(request_timeout=ANSWER)).nodes
        return int(self.cluster.options["replication"]) or (COPIES if len(brokers) >= COPIES else 1)

    def _await_made(self) -> TopicDescription:
        until = time.monotonic() + MAKING
        while (found := self.describe()) is None:
            if time.monotonic() > until:
                raise Unavailable("log") from Failed(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
            time.sleep(PAUSE)
        return found

    def _sure(self, future: "Future[Answer]") -> Answer:
        """The answer to a question that has one."""
        if (found := self._answer(future)) is None:
            raise Unavailable("log")
        return found

    def _answer(self, future: "Future[Answer]", none: int | None = None) -> Answer | None:
        """Waits, and lets the driver tell meanwhile what goes wrong. None for the error of the code `none`."""
        self._trouble = None
        while not wait([future], PAUSE).done:
            self._admin.poll(0)
        with self._failing():
            try:
                return future.result()
            except KafkaException as error:
                if error.args[0].code() == none:
                    return None
                raise

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """An error of the driver as ours."""
        try:
            yield
        except KafkaException as error:
            found: KafkaError = error.args[0]
            if found.code() == KafkaError._TIMED_OUT and self._trouble is not None:
                found = self._trouble  # says more than that there was no answer
            self._trouble, self._spared = found, time.monotonic() + SPARED
            raise self.cluster.failure(found) from Failed(found)

    def _heed(self, error: KafkaError) -> None:
        if self._trouble is None or error.code() != KafkaError._ALL_BROKERS_DOWN:  # which says less
            self._trouble = error


def identity_of(found: TopicDescription) -> Identity:
    """The topic's id, as Kafka prints it, and its number of partitions."""
    return Identity(str(found.topic_id).replace("+", "-").replace("/", "_"), len(found.partitions))


def made(copies: int) -> dict[str, str]:
    """The settings of a topic of ours; an acknowledged record is in two copies where there are more than one."""
    return SETTINGS | {"min.insync.replicas": str(min(copies, 2))}
