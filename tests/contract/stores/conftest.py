"""Every adapter of every port: a suite runs once for each line of these tables."""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from rockola.archive import Archive
from rockola.opening import open_archive, open_log_reader, open_tally
from rockola.tally import Source, Tally
from services import Own, Services

LOGS = {
    "embedded": "sqlite:///{tmp}/log.db?partitions=2",
    "kafka": "{kafka}/{name}?partitions=2&create_topic=true&group={name}",
}
TALLIES = {
    "embedded": "sqlite:///{tmp}/tally.db",
    "valkey": "{valkey}/0#{name}",
    "cluster": "{cluster}/0#{name}",
    "redis": "{redis}/0#{name}",
}
ARCHIVES = {"embedded": "sqlite:///{tmp}/archive.db", "mongo": "{mongo}/{name}?authSource=admin"}
GENERATION = "abcdefghijklmnopqrstuv"
SOURCE = Source(GENERATION, 2, "digest")


@pytest.fixture
def places(services: Services, tmp_path: Path) -> Mapping[str, object]:
    """What a line of the tables may name: a folder and a word of this test's own, and each service, which it starts."""
    return ChainMap({"tmp": tmp_path, "name": f"test-{uuid4().hex}"}, services)


@pytest.fixture(params=LOGS)
def log_url(request: pytest.FixtureRequest, places: Mapping[str, object]) -> str:
    """A log of its own with two partitions; opening its reader makes it."""
    url = LOGS[request.param].format_map(places)
    open_log_reader(url).close()
    return url


@pytest.fixture
def kafka_url(places: Mapping[str, object]) -> str:
    """A topic of its own with two partitions, which is made when it is opened."""
    return LOGS["kafka"].format_map(places)


@pytest.fixture(params=TALLIES)
def tally_url(request: pytest.FixtureRequest, places: Mapping[str, object]) -> str:
    """A tally of its own."""
    return TALLIES[request.param].format_map(places)


@pytest.fixture(params=["valkey", "redis", "cluster"])
def redis_url(request: pytest.FixtureRequest, places: Mapping[str, object]) -> str:
    """A tally of its own on each kind of Redis, for the suites that look behind the port."""
    return TALLIES[request.param].format_map(places)


@pytest.fixture(params=["valkey", "redis"])
def own_redis(request: pytest.FixtureRequest, own: Own) -> Callable[..., Any]:
    """Starts a server of this test's own, with these settings."""
    return partial(own, request.param)


@pytest.fixture(params=ARCHIVES)
def archive_url(request: pytest.FixtureRequest, places: Mapping[str, object]) -> str:
    """An archive of its own."""
    return ARCHIVES[request.param].format_map(places)


@pytest.fixture
def mongo_url(places: Mapping[str, object]) -> str:
    """An archive of its own in MongoDB."""
    return ARCHIVES["mongo"].format_map(places)


@pytest.fixture
def database(mongo_url: str) -> Iterator[Database[dict[str, object]]]:
    """The same as anybody else sees it; removed in the end."""
    with MongoClient[dict[str, object]](mongo_url, tz_aware=True) as client:
        yield client.get_default_database()
        client.drop_database(client.get_default_database())


@pytest.fixture
def tally(tally_url: str) -> Iterator[Tally]:
    """A tally that was begun in both partitions."""
    opened = open_tally(tally_url)
    opened.bind(SOURCE)
    for partition in range(2):
        opened.restore(partition, 0, [])
    yield opened
    opened.close()


@pytest.fixture
def archive(archive_url: str) -> Iterator[Archive]:
    """An empty archive of the log GENERATION."""
    opened = open_archive(archive_url)
    opened.bind(GENERATION)
    yield opened
    opened.close()
