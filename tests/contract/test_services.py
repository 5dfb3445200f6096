"""What the tests lean on: the servers keep what they acknowledged, and one that cannot be had says why."""

from pathlib import Path
from threading import Thread

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from pymongo import MongoClient
from pymongo.errors import ConnectionFailure

from running import until
from services import Own, Services, make, missing
from tools.services.cache import fetch
from tools.services.kafka import Broker
from tools.services.process import Missing


class Writer(Thread):
    """Inserts one document after the other until the server is gone."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.client = MongoClient(url, serverSelectionTimeoutMS=100, retryWrites=False)
        self.acknowledged: list[int] = []

    def run(self) -> None:
        try:
            for number in range(10**9):
                self.client.test.written.insert_one({"_id": number})
                self.acknowledged.append(number)
        except ConnectionFailure:
            self.client.close()


def test_an_insert_that_mongo_acknowledged_survives_a_kill(own: Own) -> None:
    mongo = own("mongo")
    writer = Writer(mongo.url)
    writer.start()
    until(lambda: len(writer.acknowledged) > 100, "100 inserts")
    mongo.kill()
    writer.join()
    with MongoClient(mongo.start().url) as client:
        kept = {document["_id"] for document in client.test.written.find()}
    assert set(writer.acknowledged) <= kept


def quiet(kafka: Broker, **settings: object) -> dict[str, object]:
    """Settings of a client that has little patience and logs nothing."""
    return {"bootstrap.servers": kafka.address, "log_level": 0, **settings}


def produce(kafka: Broker, value: bytes) -> None:
    """Returns when it is acknowledged."""
    errors: list[object] = []
    producer = Producer(quiet(kafka, **{"message.timeout.ms": 2000}))
    producer.produce("kept", value, on_delivery=lambda error, _: errors.append(error))
    producer.flush()
    assert errors == [None]


def consume(kafka: Broker, count: int) -> list[bytes]:
    """The first values of the topic."""
    consumer = Consumer(quiet(kafka, **{"group.id": "reader"}))
    consumer.assign([TopicPartition("kept", 0, 0)])
    found = [record.value() for record in consumer.consume(count, 10)]
    consumer.close()
    return found


@pytest.mark.slow
def test_a_killed_broker_is_back_on_its_port_with_its_records(own: Own) -> None:
    kafka = own("kafka")
    admin = AdminClient(quiet(kafka))
    admin.create_topics([NewTopic("kept", 1)])["kept"].result()
    produce(kafka, b"before")
    kafka.kill()
    kafka.start()
    produce(kafka, b"after")
    assert consume(kafka, 2) == [b"before", b"after"]


def test_what_a_machine_lacks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, lacks in {"redis": "redis: there is no redis-server", "kafka": "kafka: there is no java"}.items():
        with pytest.raises(Missing, match=lacks):
            make(name, tmp_path / name).start()


def test_a_download_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (pom := tmp_path / "pom.xml").write_text("<no project>")
    with pytest.raises(Missing, match=r"^kafka: (its jars could not be fetched: \w|there is no mvn)"):
        fetch("kafka", pom, tmp_path / "jars")
    assert list(tmp_path.iterdir()) == [pom]


def test_a_missing_service_skips_unless_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROCKOLA_REQUIRE", "browser,redis")
    with pytest.raises(pytest.fail.Exception, match="why"):
        missing("redis", "why")
    with pytest.raises(pytest.skip.Exception, match="why"):
        missing("mongo", "why")


def test_a_server_that_somebody_named_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROCKOLA_MONGO_URL", "mongodb://theirs:27017")
    services = Services(tmp_path)
    assert (services["mongo"], services.started) == ("mongodb://theirs:27017", {})
