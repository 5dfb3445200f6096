"""Every suite here runs once for each door of the table."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from contract.ingest.doors import DOORS, Door

Opened = Callable[..., Door]


@pytest.fixture(scope="session", params=DOORS)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of a door."""
    return str(request.param)


@pytest.fixture(scope="session")
def door(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A door with the settings everybody gets; tests compare before and after."""
    with DOORS[kind](tmp_path_factory.mktemp(kind)) as opened:
        yield opened


@pytest.fixture
def opened(kind: str, tmp_path: Path) -> Iterator[Opened]:
    """Opens a door of one's own, with settings."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Door:
            opening: AbstractContextManager[Door] = DOORS[kind](tmp_path, **settings)
            return stack.enter_context(opening)

        yield start
