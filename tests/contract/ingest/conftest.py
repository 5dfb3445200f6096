"""Every suite here runs once for each door of the table."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from contract.ingest.doors import DIFFERENCES, DOORS, Door, opened_door
from services import Own
from tools.services.process import Service

Opened = Callable[..., Door]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that are another at a door."""
    for item in items:
        kind = getattr(item, "callspec", None) and item.callspec.params.get("kind")
        reason = DIFFERENCES.get((kind, getattr(item, "originalname", item.name)))
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Service]]:
    """A broker of these suites alone, started when it is asked for: they let it hang."""
    own = Own(tmp_path_factory.mktemp("kafka"))
    yield cache(lambda: own("kafka"))
    own.close()


@pytest.fixture(scope="session", params=DOORS)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of a door."""
    return str(request.param)


@pytest.fixture(scope="session")
def door(kind: str, tmp_path_factory: pytest.TempPathFactory, kafka: Callable[[], Service]) -> Iterator[Door]:
    """A door with the settings everybody gets; tests compare before and after."""
    with opened_door(kind, tmp_path_factory.mktemp(kind), kafka) as opened:
        yield opened


@pytest.fixture
def opened(kind: str, tmp_path: Path, kafka: Callable[[], Service]) -> Iterator[Opened]:
    """Opens a door of one's own, with settings."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Door:
            return stack.enter_context(opened_door(kind, tmp_path, kafka, **settings))

        yield start
