"""What the fault tests share: a seed that is shown, a data folder, and processes that never outlive a test."""

import random
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linked import Servers, opened
from running import Process
from services import Own
from stack import Stack


@pytest.fixture
def rng(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> random.Random:
    """Chance with a seed, shown when it fails; --seed replays it."""
    seed = request.config.getoption("--seed") or random.SystemRandom().randrange(10**6)
    record_property("seed", seed)
    print(f"seed {seed}")  # noqa: T201 # shown by pytest when the test fails
    return random.Random(seed)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of its own."""
    return tmp_path / "data"


@pytest.fixture
def launch(data: Path) -> Iterator[Callable[..., Process]]:
    """Makes `rockola` processes on the data folder; they are killed in the end."""
    processes: list[Process] = []

    def make(command: str = "up", *flags: str, **env: str) -> Process:
        processes.append(Process(data, command, *flags, **env))
        return processes[-1]

    yield make
    for process in processes:
        process.kill()


@pytest.fixture
def stack(data: Path, own: Own) -> Iterator[Stack]:
    """A Kafka, a Valkey and a MongoDB server of this test's own, and the processes it makes on them."""
    alone = Stack(data, own)
    yield alone
    alone.close()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers that the tests of a module share; each may be killed, cut off or wiped."""
    with opened(tmp_path_factory.mktemp("servers")) as found:
        yield found


@pytest.fixture
def kind() -> str:
    """What the doors are written in."""
    return "python"


@pytest.fixture
def shared(data: Path, servers: Servers, kind: str) -> Iterator[Stack]:
    """The same on the module's servers, with a topic, a database and keys of its own."""
    stack = Stack(data, servers.get, name=f"-{secrets.token_hex(4)}", kind=kind)
    yield stack
    stack.close()
    servers.heal()
