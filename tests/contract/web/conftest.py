"""The web over its own stores."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contract.web.serving import Stores, open_stores, serving


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    """Empty stores of one partition."""
    return open_stores(tmp_path)


@pytest.fixture
def url(stores: Stores) -> Iterator[str]:
    """Where the web is."""
    with serving(stores) as served:
        yield served


@pytest.fixture
def web(url: str) -> Iterator[httpx.Client]:
    """Somebody who looks at it."""
    with httpx.Client(base_url=url, timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Somebody who looks at a web where nothing was ever counted; shared, since nothing changes it."""
    with (
        serving(open_stores(tmp_path_factory.mktemp("quiet"))) as url,
        httpx.Client(base_url=url, timeout=10) as client,
    ):
        yield client
