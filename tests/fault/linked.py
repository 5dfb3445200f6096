"""The servers of a module's tests, each behind a link that a test may cut; what a test leaves broken is healed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from proxy import HOST, Link
from services import make, missing
from tools.services.process import Missing


class Linked(NamedTuple):
    """A server, and the link that its URL leads over."""

    server: Any
    link: Link

    @property
    def url(self) -> str:
        """The base of its URLs, over the link."""
        return f"{self.server.scheme}://{HOST}:{self.link.port}"

    def heal(self) -> None:
        """Lets it answer again."""
        self.link.refuses, self.link.silent, self.link.late = False, False, 0.0
        if self.server.process and self.server.process.poll() is None:
            self.server.resume()
        else:
            self.server.start()


class Servers:
    """Each is started when the first test needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: dict[str, Linked] = {}

    def get(self, name: str) -> Linked:
        """The server of that name; the test is skipped where it cannot be."""
        if name not in self._started:
            link = Link()
            # Kafka tells its clients where to go on: over the link.
            options = {"advertised_listeners": f"PLAINTEXT://{HOST}:{link.port}"} if name == "kafka" else {}
            self._started[name] = Linked(make(name, self._folder / name, **options), link)
            link.target = self._started[name].server.port
            try:
                self._started[name].server.start()
            except Missing as error:
                missing(error.service, error)
        return self._started[name]

    def heal(self) -> None:
        """Lets all of them answer again."""
        for one in self._started.values():
            one.heal()

    def close(self) -> None:
        """Ends them."""
        for one in self._started.values():
            one.server.kill()
            one.link.close()


@contextmanager
def opened(folder: Path) -> Iterator[Servers]:
    """Servers that end with the block."""
    servers = Servers(folder)
    try:
        yield servers
    finally:
        servers.close()
