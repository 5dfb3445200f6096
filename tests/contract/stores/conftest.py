"""Every adapter of every port: a suite runs once for each line of these tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rockola.archive import Archive
from rockola.opening import open_archive, open_log_reader, open_tally
from rockola.tally import Source, Tally

LOGS = {"embedded": "sqlite:///{tmp}/log.db?partitions=2"}
TALLIES = {"embedded": "sqlite:///{tmp}/tally.db"}
ARCHIVES = {"embedded": "sqlite:///{tmp}/archive.db"}
GENERATION = "abcdefghijklmnopqrstuv"
SOURCE = Source(GENERATION, 2, "digest")


@pytest.fixture(params=LOGS)
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A log of its own with two partitions; opening its reader makes it."""
    url = LOGS[request.param].format(tmp=tmp_path)
    open_log_reader(url).close()
    return url


@pytest.fixture(params=TALLIES)
def tally_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A tally of its own."""
    return TALLIES[request.param].format(tmp=tmp_path)


@pytest.fixture(params=ARCHIVES)
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An archive of its own."""
    return ARCHIVES[request.param].format(tmp=tmp_path)


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
