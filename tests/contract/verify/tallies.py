"""Hands that copy a tally, or change it behind the back of everything that keeps promises."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

from redis import Redis, RedisCluster

from contract.verify.archives import change


class Tally(Protocol):
    """Hands on a tally."""

    def add(self, kind: str) -> None:
        """Raises a count of a kind."""

    def forget_id(self) -> None:
        """Forgets an id that was counted."""

    def raise_voter(self) -> None:
        """Gives a voter another vote."""

    def move(self, partition: int, by: int) -> None:
        """Moves a position."""

    def lose(self, partition: int) -> None:
        """Forgets a position."""


class File:
    """A tally in a SQLite file."""

    def __init__(self, url: str) -> None:
        self.url = url

    def add(self, kind: str) -> None:
        change(self.url, "UPDATE counts SET number = number + 1 WHERE field LIKE ?", f'["{kind}"%')

    def forget_id(self) -> None:
        change(self.url, "DELETE FROM ids WHERE key = (SELECT min(key) FROM ids)")

    def raise_voter(self) -> None:
        change(self.url, "UPDATE voters SET votes = votes + 1")

    def move(self, partition: int, by: int) -> None:
        change(self.url, "UPDATE positions SET position = position + ? WHERE partition = ?", by, partition)

    def lose(self, partition: int) -> None:
        change(self.url, "DELETE FROM positions WHERE partition = ?", partition)


class Hashes:
    """A tally in Redis."""

    def __init__(self, url: str) -> None:
        self.url = url

    def add(self, kind: str) -> None:
        with client_of(self.url) as client:
            key = self._some(client, "minutes" if kind == "minute" else "counts")
            field = next(field for field in client.hkeys(key) if field.startswith(f'["{kind}"'.encode()))
            client.hincrby(key, field, 1)

    def forget_id(self) -> None:
        with client_of(self.url) as client:
            key = self._some(client, "ids")
            client.hdel(key, client.hkeys(key)[0])

    def raise_voter(self) -> None:
        with client_of(self.url) as client:
            key = self._some(client, "voters")
            client.hincrby(key, client.hkeys(key)[0], 1)

    def move(self, partition: int, by: int) -> None:
        with client_of(self.url) as client:
            client.hincrby(self._keys(client, f"{partition}}}:counts")[0], "position", by)

    def lose(self, partition: int) -> None:
        with client_of(self.url) as client:
            client.delete(self._keys(client, f"{partition}}}:counts")[0])

    def _some(self, client: Any, kind: str) -> bytes:
        return self._keys(client, f"}}:{kind}")[0]

    def _keys(self, client: Any, end: str) -> list[bytes]:
        return [key for key in client.scan_iter(f"{urlsplit(self.url).fragment}{{*") if key.endswith(end.encode())]


def copy_hashes(url: str, name: str) -> str:
    """A copy of a tally under another prefix."""
    prefix = urlsplit(url).fragment
    with client_of(url) as client:
        for key in client.scan_iter(f"{prefix}*"):
            client.restore(name.encode() + key.removeprefix(prefix.encode()), 0, client.dump(key))
    return urlsplit(url)._replace(fragment=name).geturl()


TALLIES: Mapping[str, Callable[[str], Tally]] = {"sqlite": File, "redis": Hashes}


@contextmanager
def client_of(url: str) -> Iterator[Any]:
    place = urlsplit(url)._replace(fragment="", query="").geturl()
    client: Any = Redis.from_url(place)
    if client.info("cluster")["cluster_enabled"]:
        client.close()
        client = RedisCluster.from_url(place)
    with client:
        yield client
