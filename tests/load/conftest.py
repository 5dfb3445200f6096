"""What the tests of the load share: a system of their own, and Locust processes that never outlive a test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from locusts import Locust, System, system_on

Launch = Callable[..., Locust]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A system on files of its own."""
    with system_on(tmp_path / "data") as opened:
        yield opened


@pytest.fixture(params=["one", "both"])
def door(system: System, request: pytest.FixtureRequest) -> str:
    """The doors of a run, as `--door` names them."""
    return system.first if request.param == "one" else f"{system.first},{system.second}"


@pytest.fixture
def locust(tmp_path: Path) -> Iterator[Launch]:
    """Starts Locust; a kill ends what is left of it."""
    started: list[Locust] = []

    def launch(*flags: str, **options: str) -> Locust:
        started.append(Locust(tmp_path, *flags, **options))  # type: ignore[arg-type]
        return started[-1]

    yield launch
    for one in started:
        one.close()
