"""A door to send to."""

from collections.abc import Iterator

import pytest

from contract.send.door import Door


@pytest.fixture
def door() -> Iterator[Door]:
    """A door that accepts every vote unless it is told otherwise."""
    opened = Door()
    yield opened
    opened.stop()
