"""The log in Kafka, read from its beginning by nobody's group: no position but the tally's decides what is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from urllib.parse import parse_qsl, unquote, urlsplit

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from rockola.urls import TRUTHS, without_secrets
from rockola.vote.errors import Unavailable

TOPIC, GROUP, MECHANISM = "votes", "rockola", "SCRAM-SHA-512"
ANSWER, SILENCE = 10.0, 30.0  # seconds for an answer, and for the next record when there must be one
BATCH = 1000
READING = {
    "enable.auto.commit": False,
    "auto.offset.reset": "error",  # never another place than the one that is asked for
    "isolation.level": "read_committed",
    "enable.partition.eof": True,  # the last offsets before the position may be no record's
    "fetch.queue.backoff.ms": 10,  # a second by default, for which nothing is read
    "fetch.wait.max.ms": 20,  # half a second by default, for which the next partition waits at the end of one
}
Settings = dict[str, str | int | float | bool]


class Log:
    """See sources.Log."""

    def __init__(self, url: str) -> None:
        parts, options = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
        self._name, self._topic = without_secrets(url), unquote(parts.path.strip("/")) or TOPIC
        # The driver wants a group. It is never joined; this one's name is what the brokers allow.
        group = {"group.id": options.get("group", GROUP)}
        with self._errors():
            self._consumer = Consumer(_connection(url) | READING | group)
            self._admin = AdminClient(_connection(url))

    @cached_property
    def generation(self) -> str | None:
        """See sources.Log."""
        with self._errors():
            asked = self._admin.describe_topics(TopicCollection([self._topic]), request_timeout=ANSWER)
            return str(asked[self._topic].result().topic_id).replace("+", "-").replace("/", "_")

    def bounds(self, partition: int) -> tuple[int, int]:
        """See sources.Log."""
        with self._errors():
            low, high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), ANSWER)
        return low, high

    def records(self, partition: int, until: int) -> Iterator[tuple[int, bytes]]:
        """See sources.Log. Offsets that transactions took are no records."""
        until = min(until, self.bounds(partition)[1])
        with self._errors():
            self._consumer.assign([TopicPartition(self._topic, partition, 0)])
            for message in self._messages():
                offset, error = message.offset() or 0, message.error()
                if error and error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                if not error and offset < until:
                    yield offset, message.value() or b""
                if offset + (not error) >= until:
                    return

    def close(self) -> None:
        """Frees what it holds."""
        self._consumer.close()

    def _messages(self) -> Iterator[Message]:
        while (message := self._consumer.poll(SILENCE)) is not None:  # without a value it would be false
            yield message
            yield from self._consumer.consume(BATCH, 0)
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no record came, and some are to come"))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except KafkaException as error:
            raise Unavailable(f"log at {self._name}") from ConnectionError(error.args[0].str())


def _connection(url: str) -> Settings:
    parts = urlsplit(url)
    who, _, servers = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    options = dict(parse_qsl(parts.query))
    transport = "SSL" if TRUTHS.get(options.get("tls", "no")) else "PLAINTEXT"
    protocol = f"SASL_{transport}" if who else transport
    connection: Settings = {"bootstrap.servers": servers, "security.protocol": protocol, "log_level": 0}
    if who:
        connection["sasl.mechanism"] = options.get("sasl", MECHANISM)
        connection |= {"sasl.username": unquote(user), "sasl.password": unquote(password)}
    return connection
