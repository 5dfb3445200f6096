"""Options of the whole suite."""

import os

import pytest
from hypothesis import settings

# A CI run repeats itself; every other run looks elsewhere.
settings.register_profile("rockola", max_examples=200, deadline=None, derandomize="CI" in os.environ)
settings.load_profile("rockola")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The seed of the fault tests: a failure shows it."""
    parser.addoption("--seed", type=int, default=0, help="replay the fault tests with this seed")
