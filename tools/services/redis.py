"""Redis and what speaks like it: one server with a log of writes and no eviction, unless the caller asks for others."""

import socket
from collections.abc import Sequence
from pathlib import Path

from tools.services.cache import program
from tools.services.process import HOST, Service

OPTIONS = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}


class Redis(Service):
    """Debian's redis-server; the options are those of redis.conf."""

    name, scheme = "redis", "redis"

    def __init__(self, folder: Path, port: int, **options: str) -> None:
        super().__init__(folder, port)
        self.options = OPTIONS | {name.replace("_", "-"): value for name, value in options.items()}

    def program(self) -> str:
        """Where the server is; Missing when it is not."""
        return program("redis-server", self.name)

    def prepare(self) -> Sequence[str]:
        settings = {"bind": HOST, "port": str(self.port), "dir": str(self.folder), **self.options}
        return [self.program(), *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def ask(self, *words: str) -> bytes:
        """The start of the answer to a command."""
        with socket.create_connection((HOST, self.port), timeout=1) as connection:
            connection.sendall(f"{' '.join(words)}\r\n".encode())
            return connection.recv(65_536)

    def answers(self) -> bool:
        try:
            return self.ask("PING") == b"+PONG\r\n"  # while it reads its file it says -LOADING
        except OSError:
            return False
