"""The stores of the chart hold the promise: their users may do what they must, their settings are those of the code."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis
from pymongo.uri_parser import parse_uri

from building import step, vote
from chart import containers, envs, named, objects
from contract.web.serving import Stores, serving
from rockola.eventlog.kafka_cluster import PARTITIONS, Cluster
from rockola.eventlog.kafka_topic import SETTINGS, made
from rockola.opening import examine, open_archive, open_tally
from rockola.tally import Source
from rockola.verify.redis import read_tally
from rockola.vote.errors import Unfit
from services import missing
from tools.services.process import Missing, free_ports
from tools.services.valkey import Valkey

GENERATION = "abcdefghijklmnopqrstuv"
LOOKER = "user looker on >look %R~* resetchannels -@all +@read +@connection +info\n"  # whom no chart makes
Valkeyed = tuple[str, dict[str, str]]


def url(case: str, part: str, store: str) -> str:
    """A store's URL as a part is told, the password filled in."""
    entries = [entry for name, entry in envs(containers(case)) if name.endswith(f"/{part}")]
    values = {entry["name"]: entry.get("value", "") for entry in entries}
    return str(values[f"ROCKOLA_{store.upper()}"].replace(f"$({store.upper()}_PASSWORD)", "pass"))


@pytest.mark.parametrize("part", ["server", "consumer"])
def test_the_log_is_the_topic_that_strimzi_makes(part: str) -> None:
    cluster = Cluster(url("default", part, "log"))
    user = cluster.settings()["sasl.username"]
    assert (cluster.topic, cluster.options["partitions"]) == ("votes", PARTITIONS)
    assert user in {one["metadata"]["name"] for one in objects("default", "KafkaUser")}


@pytest.mark.parametrize(("case", "copies"), [("default", 3), ("single", 1)])
def test_the_topic_has_the_settings_that_the_promise_needs(case: str, copies: int) -> None:
    topic = named(case, "KafkaTopic", "votes")["spec"]
    told = {name: str(value).lower() for name, value in topic["config"].items()} | {
        "message.timestamp.type": topic["config"]["message.timestamp.type"]
    }
    assert (topic["partitions"], topic["replicas"]) == (PARTITIONS, copies)
    assert told == made(copies)
    assert told.keys() >= SETTINGS.keys()


def granted(user: str) -> set[tuple[str, str]]:
    """What a user of Kafka may do, and to what."""
    acls = named("default", "KafkaUser", user)["spec"]["authorization"]["acls"]
    return {(acl["resource"]["type"], operation) for acl in acls for operation in acl["operations"]}


def test_a_user_of_kafka_may_write_or_read_and_not_both() -> None:
    may = {user: granted(user) for user in ("votes-writer", "votes-reader")}
    seeing = {("topic", "Describe"), ("topic", "DescribeConfigs")}
    assert may == {
        "votes-writer": {("topic", "Write"), *seeing},
        "votes-reader": {("topic", "Read"), ("group", "Read"), ("group", "Describe"), *seeing},
    }


@pytest.mark.parametrize(("case", "members"), [("default", 3), ("single", 1)])
def test_the_archive_is_the_replica_set(case: str, members: int) -> None:
    told = parse_uri(url(case, "consumer", "archive"))
    assert (told["database"], told["options"]["replicaSet"], told["username"]) == ("so1_proyecto2", "rs0", "writer")
    assert [host for host, _ in told["nodelist"]] == [f"mongodb-{number}.mongodb-service" for number in range(members)]
    assert named(case, "StatefulSet", "mongodb")["spec"]["replicas"] == members


class Guarded(Valkey):
    """A Valkey that answers nobody without a user."""

    def answers(self) -> bool:
        return self.ask("PING").startswith(b"-NOAUTH")


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkeyed]:
    """A Valkey with the chart's settings and users: its address, and the passwords."""
    folder = tmp_path_factory.mktemp("valkey")
    secret = named("default", "Secret", "rockola")["stringData"]
    (folder / "users.acl").write_text(secret["users.acl"] + LOOKER)
    text = named("default", "ConfigMap", "redis")["data"]["valkey.conf"]
    told = dict(line.split(" ", 1) for line in text.splitlines())
    given = {name: told[name] for name in ("appendonly", "appendfsync", "maxmemory-policy")}
    server = Guarded(folder / "data", *free_ports(1), **given, aclfile=str(folder / "users.acl"))
    try:
        yield server.start().address, secret
    except Missing as error:
        missing(error.service, error)
    finally:
        server.kill()


def as_user(valkey: Valkeyed, user: str) -> str:
    address, secret = valkey
    password = secret.get(f"tally-{user}", "look")
    return f"redis://{user}:{password}@{address}/0"


def test_the_consumer_counts_as_writer_and_the_pages_look_as_reader(valkey: Valkeyed) -> None:
    counting = open_tally(as_user(valkey, "writer"))
    counting.bind(Source(GENERATION, 1, "digest"))
    counting.restore(0, 0, [])
    counting.apply(step(0, vote(), vote("El Viaje")))
    looking = open_tally(as_user(valkey, "reader"))
    assert looking.totals() == counting.totals()
    assert looking.totals().positions == {0: 2}


@pytest.mark.parametrize("user", ["writer", "reader"])
def test_whoever_verifies_may_read_a_partition_of_one_moment(valkey: Valkeyed, user: str) -> None:
    counting = open_tally(as_user(valkey, "writer"))
    counting.bind(Source(GENERATION, 1, "digest"))
    counting.restore(0, 0, [])
    counting.apply(step(0, vote()))
    assert read_tally(as_user(valkey, user)).positions == counting.totals().positions


def test_the_pages_may_not_count(valkey: Valkeyed) -> None:
    looking = open_tally(as_user(valkey, "reader"))
    with pytest.raises(Unfit):
        looking.bind(Source(GENERATION, 1, "digest"))


def test_the_pages_may_reveal(valkey: Valkeyed) -> None:
    open_tally(as_user(valkey, "writer")).bind(Source(GENERATION, 1, "digest"))
    looking = open_tally(as_user(valkey, "reader"))
    assert (looking.reveal(), looking.totals().revealed) == (True, True)


def test_a_store_that_refuses_the_pages_is_a_problem_with_a_sentence(valkey: Valkeyed, tmp_path: Path) -> None:
    open_tally(as_user(valkey, "writer")).bind(Source(GENERATION, 1, "digest"))
    stores = Stores(tmp_path, open_tally(as_user(valkey, "looker")), open_archive(f"sqlite:///{tmp_path}/archive.db"))
    with serving(stores) as url:
        answer = httpx.post(f"{url}/reveal", data={"": ""})
    assert (answer.status_code, answer.json()["code"]) == (503, "unfit")
    assert "looker" not in answer.text


@pytest.mark.parametrize("command", ["FLUSHALL", "CONFIG SET appendonly no", "KEYS *", "SWAPDB 0 1", "ACL LIST"])
@pytest.mark.parametrize("user", ["writer", "reader"])
def test_no_user_may_do_harm(valkey: Valkeyed, user: str, command: str) -> None:
    with redis.Redis.from_url(as_user(valkey, user)) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command.split())


def test_whoever_has_no_password_has_nothing(valkey: Valkeyed) -> None:
    with redis.Redis.from_url(f"redis://{valkey[0]}/0") as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.get("votes")


@pytest.mark.parametrize("user", ["writer", "reader"])
def test_the_settings_of_valkey_hold_the_promise(valkey: Valkeyed, user: str) -> None:
    assert {finding.grade for finding in examine("tally", as_user(valkey, user))} == {"good"}
