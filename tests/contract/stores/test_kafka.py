"""The topic of an event log in Kafka: how it is made, and when it is refused."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rockola.findings import Finding, Grade
from rockola.opening import create_log, examine, open_log_reader
from rockola.urls import WrongUrl
from rockola.vote.errors import Unavailable, Unfit
from running import until
from services import make, missing
from tools.services.process import Missing
from topics import Topic

DAY = 24 * 3600 * 1000
MADE = {
    "cleanup.policy": "delete",
    "max.message.bytes": "65536",
    "message.timestamp.type": "LogAppendTime",
    "min.insync.replicas": "1",
    "retention.bytes": "-1",
    "retention.ms": str(30 * DAY),
    "unclean.leader.election.enable": "false",
}
LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p w" user_u="p w";'


def findings(url: str, grade: Grade) -> Sequence[Finding]:
    return [found for found in examine("log", url) if found.grade is grade]


def names(url: str, grade: Grade) -> list[str]:
    return [found.setting for found in findings(url, grade)]


def test_a_topic_is_made_with_the_settings_of_the_promise(kafka_url: str) -> None:
    create_log(kafka_url)
    assert Topic(kafka_url).settings().items() >= MADE.items()


def test_a_generation_is_the_topics_id_in_letters_that_a_receipt_may_hold(kafka_url: str) -> None:
    assert create_log(kafka_url) == Topic(kafka_url).id().replace("+", "-").replace("/", "_")


def test_two_that_make_a_topic_at_once_both_find_it(kafka_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create_log, [kafka_url] * 8))) == 1


def test_a_topic_that_was_made_is_fit_but_for_its_one_copy(kafka_url: str) -> None:
    create_log(kafka_url)
    assert (names(kafka_url, Grade.BROKEN), names(kafka_url, Grade.RISKY)) == ([], ["copies"])


def test_where_there_are_three_brokers_an_acknowledged_record_is_in_two_copies(places: dict[str, object]) -> None:
    url = "{kafka3}/{name}?partitions=2".format_map(places)
    create_log(url)
    until(lambda: names(url, Grade.GOOD).count("copies"), "the topic at the broker that is asked")
    found = {each.setting: each.found for each in findings(url, Grade.GOOD)}
    assert (found["copies"], found["min.insync.replicas"]) == ("3", "2")


def test_an_absent_topic_is_refused_with_what_makes_it(kafka_url: str) -> None:
    with pytest.raises(Unfit, match=r"topic is absent.*`rockola topic create`"):
        open_log_reader(kafka_url.replace("create_topic=true", "create_topic=false"))


def test_examining_an_absent_topic_does_not_make_it(kafka_url: str) -> None:
    assert names(kafka_url, Grade.RISKY) == ["topic"]
    assert not Topic(kafka_url).id()


@pytest.mark.parametrize(
    ("setting", "value", "advice"),
    [
        ("cleanup.policy", "compact", "cleanup.policy=delete"),
        ("cleanup.policy", "compact,delete", "cleanup.policy=delete"),
        ("retention.ms", str(14 * DAY - 1), "retention.ms to 1209600000 or more"),
        ("retention.bytes", "1000000000", "retention.bytes=-1"),
        ("unclean.leader.election.enable", "true", "unclean.leader.election.enable=false"),
        ("max.message.bytes", "65535", "max.message.bytes to 65536"),
        ("min.insync.replicas", "2", "min.insync.replicas"),
    ],
)
def test_a_topic_that_would_break_the_promise_is_refused(kafka_url: str, setting: str, value: str, advice: str) -> None:
    Topic(kafka_url).make(MADE | {setting: value})
    with pytest.raises(Unfit, match=f"{setting} is {value}.*{advice}"):
        open_log_reader(kafka_url)


@pytest.mark.parametrize("milliseconds", [14 * DAY, -1])
def test_a_retention_of_two_weeks_or_for_ever_is_fit(kafka_url: str, milliseconds: int) -> None:
    Topic(kafka_url).make(MADE | {"retention.ms": str(milliseconds)})
    assert not names(kafka_url, Grade.BROKEN)


def test_a_topic_by_the_servers_clocks_is_risky(kafka_url: str) -> None:
    Topic(kafka_url).make(MADE | {"message.timestamp.type": "CreateTime"})
    assert names(kafka_url, Grade.RISKY) == ["copies", "message.timestamp.type"]


def test_another_number_of_partitions_is_refused_with_what_to_change(kafka_url: str) -> None:
    create_log(kafka_url)
    with pytest.raises(Unfit, match=r"partitions is 2.*says 3.*partitions=2"):
        open_log_reader(kafka_url.replace("partitions=2", "partitions=3"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("kafka://127.0.0.1/votes?acks=1", "acks is no option of kafka URLs; known are partitions, create_topic"),
        ("kafka://127.0.0.1/votes?protocol=new", "protocol of a kafka URL is one of classic, consumer"),
        ("kafka://127.0.0.1/votes?sasl=GSSAPI", "sasl of a kafka URL is one of PLAIN"),
        ("kafka://127.0.0.1/votes?partitions=0", "at least 1"),
        ("kafka://127.0.0.1/votes/2", "A topic's name"),
        ("kafka://u:secret/word@127.0.0.1/votes", "signs in the user and the password are quoted"),
        ("kafka:///votes", r"A log's URL reads kafka://"),
        ("kafka://127.0.0.1:90921/votes", r"A log's URL reads kafka://"),
    ],
)
def test_a_url_that_cannot_be_followed_says_what_to_change(url: str, reason: str) -> None:
    with pytest.raises(WrongUrl, match=reason) as raised:
        open_log_reader(url)
    assert "secret" not in str(raised.value)


def test_a_broker_that_is_not_there_is_unavailable_with_the_reason() -> None:
    with pytest.raises(Unavailable) as raised:
        examine("log", "kafka://127.0.0.1:9/votes")
    assert "Connection refused" in str(raised.value.__cause__)


def test_a_user_is_known_by_its_password_and_a_wrong_one_is_refused_without_showing_it(guarded: str) -> None:
    assert until(lambda: made(f"kafka://u:p%20w@{guarded}/votes?sasl=PLAIN"), "the guarded broker")
    with pytest.raises(Unfit, match="Invalid username or password") as raised:
        examine("log", f"kafka://u:wrong@{guarded}/votes?sasl=PLAIN")
    assert "wrong" not in str(raised.value)


def made(url: str) -> str:
    try:
        return create_log(url)
    except Unavailable:
        return ""


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """Where a broker listens that wants a password."""
    broker = make(
        "kafka",
        tmp_path,
        listener_security_protocol_map="PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        sasl_enabled_mechanisms="PLAIN",
        sasl_mechanism_inter_broker_protocol="PLAIN",
        listener_name_plaintext_plain_sasl_jaas_config=LOGIN,
    )
    try:
        yield broker.launch().address
    except Missing as error:
        missing("kafka", error)
    finally:
        broker.kill()
