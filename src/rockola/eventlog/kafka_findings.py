"""What is found of a Kafka topic: whether its settings hold the promise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import libversion
from confluent_kafka.admin import TopicDescription

from rockola.eventlog.kafka_topic import BATCH_BYTES, DAY, Topic
from rockola.findings import Finding, Grade, finding

SHORTEST = 14  # days
OLDEST = (2, 14)  # of librdkafka: an older one passes a record over when a partition is paused at its end
ABSENT = "Make it with `rockola topic create`, or let the server make it with create_topic."
COMING = "It is made at the next start."
HIDDEN = "Allow this user DescribeConfigs on the topic, so that its settings can be seen."
ONE_COPY = "A disk that breaks takes every vote not yet counted: use three brokers and a topic of three copies."
FEW = "Set min.insync.replicas 2: with less, a vote is acknowledged that lies at one broker alone."
MANY = "Set min.insync.replicas to at most the number of copies: nothing can be appended."


class Demand(NamedTuple):
    """What a topic's setting must be."""

    setting: str
    holds: Callable[[str], bool]
    advice: str
    otherwise: Grade = Grade.BROKEN


def _is_long(milliseconds: str) -> bool:
    return int(milliseconds) == -1 or int(milliseconds) >= SHORTEST * DAY


DEMANDS = (
    Demand(
        "cleanup.policy",
        lambda found: "compact" not in found,
        "Set cleanup.policy=delete: compaction keeps one vote of each voter.",
    ),
    Demand(
        "retention.ms",
        _is_long,
        f"Set retention.ms to {SHORTEST * DAY} or more ({SHORTEST} days), or to -1: votes are deleted before they are "
        "counted when a consumer is away for longer.",
    ),
    Demand(
        "retention.bytes",
        lambda found: found == "-1",
        "Set retention.bytes=-1: many votes at once delete those that are not counted yet.",
    ),
    Demand(
        "message.timestamp.type",
        lambda found: found == "LogAppendTime",
        "Set message.timestamp.type=LogAppendTime: a server's clock that is behind makes its votes old, and old ones "
        "are deleted.",
        Grade.RISKY,
    ),
    Demand(
        "unclean.leader.election.enable",
        lambda found: found == "false",
        "Set unclean.leader.election.enable=false: a broker that lacks acknowledged votes may lead.",
    ),
    Demand(
        "max.message.bytes",
        lambda found: int(found) >= BATCH_BYTES,
        f"Set max.message.bytes to {BATCH_BYTES} or more: records that go together are refused.",
    ),
)


def findings_of(topic: Topic, found: TopicDescription | None) -> Sequence[Finding]:
    """The settings that are part of the promise, of a topic that was described; Unavailable when they are not told.

    A topic that is absent is broken, unless it is made when it is opened.
    """
    return list(_findings(topic, found))


def _findings(topic: Topic, found: TopicDescription | None) -> Iterator[Finding]:
    yield _library(*libversion()[0].split(".")[:2])
    if found is None:
        makes = topic.cluster.options["create_topic"]
        yield Finding("topic", "absent", Grade.RISKY if makes else Grade.BROKEN, COMING if makes else ABSENT)
        return
    yield _partitions(len(found.partitions), topic.cluster.options["partitions"])
    copies = min(len(one.replicas) for one in found.partitions)
    yield finding("copies", copies, copies > 1, ONE_COPY, Grade.RISKY)
    settings = topic.settings()
    if settings is None:
        yield Finding("settings", "hidden", Grade.RISKY, HIDDEN)
        return
    yield from (_demanded(demand, settings) for demand in DEMANDS)
    yield _in_sync(int(settings["min.insync.replicas"]), copies)


def _library(major: str, minor: str) -> Finding:
    advice = f"Use librdkafka {OLDEST[0]}.{OLDEST[1]} or newer."
    return finding("librdkafka", f"{major}.{minor}", (int(major), int(minor)) >= OLDEST, advice)


def _partitions(found: int, wanted: int) -> Finding:
    advice = (
        f"The log's URL says {wanted}. When the topic was made with {found}, say partitions={found} there. When it "
        "was given more later, use another topic: a voter's votes would lie in two partitions."
    )
    return finding("partitions", found, found == wanted, advice)


def _demanded(demand: Demand, settings: Mapping[str, str]) -> Finding:
    setting, holds, advice, otherwise = demand
    return finding(setting, settings[setting], holds(settings[setting]), advice, otherwise)


def _in_sync(least: int, copies: int) -> Finding:
    name = "min.insync.replicas"
    if least > copies:
        return Finding(name, str(least), Grade.BROKEN, MANY)
    return finding(name, least, least > 1 or copies == 1, FEW, Grade.RISKY)
