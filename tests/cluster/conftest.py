"""The node of this folder, and the chart on it: started when the first test asks, gone after the last."""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cluster.contest import Contest
from services import missing
from tools.cluster.node import Node, running_node
from tools.services.process import Missing

OPENED = ExitStack()


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A node with the stores on it: that of `make cluster` if ROCKOLA_NODE names its folder, or else one of ours."""
    if folder := os.environ.get("ROCKOLA_NODE"):
        yield Node(Path(folder))
        return
    try:
        yield OPENED.enter_context(running_node())
    except Missing as error:
        missing(error.service, error)
    finally:
        OPENED.close()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The node goes with the last test of this folder: the others have the machine for themselves."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        OPENED.close()


@pytest.fixture(scope="session")
def contest(node: Node) -> Contest:
    """The chart, every pod of it ready."""
    node.install()
    return Contest(node)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Chosen moments; `--seed` replays them."""
    return random.Random(request.config.getoption("--seed"))
