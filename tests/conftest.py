"""Options of the whole suite."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from services import Own, Services

# A CI run repeats itself; every other run looks elsewhere.
settings.register_profile("rockola", max_examples=200, deadline=None, derandomize="CI" in os.environ)
settings.load_profile("rockola")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The seed of the fault tests: a failure shows it."""
    parser.addoption("--seed", type=int, default=0, help="replay the fault tests with this seed")


def pytest_configure() -> None:
    """A run that is told to end stops its servers first, as on Ctrl-C; what is logged is text, as by the command.

    structlog's own way draws every local variable of a traceback, which takes seconds.
    """
    structlog.configure([structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _patient_counts() -> Iterator[None]:
    """Counts are whole however slow the machine is; that their time can be up has a test of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rockola.archive.embedded_summary.COUNTING", 60.0)
        yield


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The servers of the session."""
    opened = Services(tmp_path_factory.mktemp("services"))
    yield opened
    opened.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    """A maker of servers for this test alone."""
    opened = Own(tmp_path)
    yield opened
    opened.close()
