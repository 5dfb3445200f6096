"""Mixes of stores: each claim holds of every line of the table."""

from collections import ChainMap
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from contract.verify.archives import ARCHIVES, Archive, copy_documents, copy_file
from contract.verify.counting import LIMITED, Books, count, fill
from contract.verify.tallies import TALLIES, Tally, copy_hashes
from services import Services

FILES = {name: f"sqlite:///{{tmp}}/{name}.db" for name in ("archive", "tally")}
LOG, KAFKA = "sqlite:///{tmp}/log.db?partitions=2", "{kafka}/{name}?partitions=2&create_topic=true&group={name}"
MIXES = {
    "embedded": Books(LOG, FILES["archive"], FILES["tally"]),
    "cluster": Books(LOG, FILES["archive"], "{cluster}/0#{name}"),
    "mongo": Books(LOG, "{mongo}/{name}", "{valkey}/0#{name}"),
    "kafka": Books(KAFKA, FILES["archive"], FILES["tally"]),
    "all": Books(KAFKA, "{mongo}/{name}", "{valkey}/0#{name}"),
}
COPY: dict[str, Callable[[str, str], str]] = {
    "sqlite": copy_file,
    "mongodb": copy_documents,
    "redis": copy_hashes,
}


@pytest.fixture(scope="module", params=MIXES)
def counted(request: pytest.FixtureRequest, services: Services, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Stores in which the votes were counted once, and an unreadable record, with a gap in the offsets."""
    words: Any = ChainMap({"tmp": tmp_path_factory.mktemp("books"), "name": fresh()}, services)
    books = Books(*(template.format_map(words) for template in MIXES[request.param]))
    fill(books.log)
    count(books, LIMITED)
    return books


@pytest.fixture
def books(counted: Books) -> Books:
    """The same log, and an archive and a tally of the test's own to be changed."""
    own = {name: COPY[scheme(url)](url, fresh()) for name, url in counted._asdict().items() if name != "log"}
    return counted._replace(**own)


@pytest.fixture
def archive(books: Books) -> Archive:
    return ARCHIVES[scheme(books.archive)](books.archive)


@pytest.fixture
def tally(books: Books) -> Tally:
    return TALLIES[scheme(books.tally)](books.tally)


def scheme(url: str) -> str:
    return urlsplit(url).scheme


def fresh() -> str:
    return f"test-{uuid4().hex}"
