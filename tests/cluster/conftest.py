"""The node of the session, and the chart on it: started when the first test asks, gone at the end."""

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


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A node with the stores on it: that of `make cluster` if ROCKOLA_NODE names its folder, or else one of ours."""
    if folder := os.environ.get("ROCKOLA_NODE"):
        yield Node(Path(folder))
        return
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(running_node())
        except Missing as error:
            missing(error.service, error)
        yield opened


@pytest.fixture(scope="session")
def contest(node: Node) -> Contest:
    """The chart, every pod of it ready."""
    node.install()
    return Contest(node)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Chosen moments; `--seed` replays them."""
    return random.Random(request.config.getoption("--seed"))
