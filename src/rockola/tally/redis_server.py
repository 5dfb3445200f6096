"""A Redis or Valkey server, or a cluster of them: its URL, its connections, its scripts, and its errors as ours."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from redis import Redis, RedisCluster, exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from rockola.urls import WrongUrl, is_unquoted, options_of, without_secrets
from rockola.vote.errors import Unavailable, Unfit

SCRIPTS = Path(__file__).with_name("redis_scripts")
OPTIONS = {"allow_volatile": False}
PORT = 6379
TIMEOUT = 2.0  # seconds for an answer, or a connection: a script takes milliseconds, and a consumer tries again anyway
RETRIES = 1  # at once, after a lost connection: one from the pool may have died long ago. See `run`
PREFIX = re.compile(r"[\w.:-]*")  # no braces: the first pair of a key decides where in a cluster it lies
# Errors that pass by themselves or by somebody's hand, without a change here; what was asked did not happen.
PASSING = {"BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "OOM", "READONLY", "TRYAGAIN"}
DENIED = re.compile("ACL failure in script|The user executing the script")  # told without a code of its own
REFUSALS = (exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.NoPermissionError)
AWAY = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ClusterError,
    exceptions.RedisClusterException,  # of a cluster none of whose nodes is reached; a RedisError it is not
)
ASKING: dict[str, Any] = {"protocol": 2, "socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}


class Server:
    """What a URL names; any thread."""

    def __init__(self, url: str) -> None:
        """Connects: Unavailable when nobody answers, WrongUrl when the URL is none of Redis."""
        given = _arguments(url)
        self.allows_volatile: bool = options_of(url, OPTIONS)["allow_volatile"]
        self.name, self.prefix = without_secrets(url), unquote(urlsplit(url).fragment)
        self._client: Any = Redis(**given, **ASKING, retry=_retry())
        with self.client() as client:
            self.is_cluster = client.info("cluster").get("cluster_enabled") == 1
        if self.is_cluster:
            self._join(given)

    @contextmanager
    def client(self) -> Iterator[Any]:
        """The driver's client. Its errors become Unavailable, or Unfit when somebody must change something."""
        try:
            yield self._client
        except REFUSALS as error:
            raise self._refused(error) from error
        except AWAY as error:
            raise Unavailable("tally") from error
        except exceptions.ResponseError as error:
            if meant := self._meant(error):
                raise meant from error
            raise  # a mistake of ours

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[object]) -> Any:
        """What a script answers. It is known to the server by its digest, and sent when the server forgot it.

        After Unavailable it may have run. After a lost connection it may have run twice: each script tells a repeat by
        the position it finds, or does the same again.
        """
        text, digest = _script(script)
        with self.client() as client:
            try:
                return client.evalsha(digest, len(keys), *keys, *arguments)
            except exceptions.NoScriptError:
                return client.eval(text, len(keys), *keys, *arguments)

    def primaries(self) -> dict[str, Any]:
        """A client for each server that takes writes, by its address."""
        if not self.is_cluster:
            return {self.name: self._client}
        return {node.name: self._client.get_redis_connection(node) for node in self._client.get_primaries()}

    def foreign(self) -> Unfit:
        """What is said of a key that holds something else than a tally's."""
        return Unfit(
            f"The tally at {self.name} holds something else under one of its keys: {self.prefix}rockola, "
            f"{self.prefix}votes, or {self.prefix}{{…}}. Remove or rename that key, or give the tally keys of its own: "
            "a prefix behind # in its URL."
        )

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _meant(self, error: exceptions.ResponseError) -> Exception | None:
        code = error.status_code or str(error).split(" ", 1)[0]
        if code in PASSING:
            return Unavailable("tally")
        if code == "WRONGTYPE":
            return self.foreign()
        return self._refused(error) if DENIED.match(str(error)) else None

    def _refused(self, error: Exception) -> Unfit:
        said = str(error).rstrip(".?")
        advice = "Correct the user and the password in its URL, or what the user may do (ACL)."
        return Unfit(f"The tally at {self.name} refuses its user ({said}). {advice}")

    def _join(self, given: dict[str, Any]) -> None:
        database = given.pop("db")
        self._client.close()
        if database:
            raise WrongUrl("A Redis Cluster has one database: leave its number out of the URL.")
        with self.client():
            self._client = RedisCluster(**given, **ASKING, retry=_retry())


def _arguments(url: str) -> dict[str, Any]:
    """The driver's arguments; the driver's own reading of a URL would show parts of a password in its errors."""
    parts = urlsplit(url)
    if is_unquoted(parts) or not _has_place(url):
        raise WrongUrl(
            "A tally's URL reads redis://[user:password@]host[:port][/database][#prefix]; "
            "signs in the user and the password are quoted, such as %40 for @ and %2F for /."
        )
    if not PREFIX.fullmatch(unquote(parts.fragment)):
        raise WrongUrl("The prefix behind # in a tally's URL is of letters, digits and _ . : - only.")
    return {
        "host": parts.hostname,
        "port": parts.port or PORT,
        "db": int(parts.path.strip("/") or 0),
        "username": unquote(parts.username or "") or None,
        "password": unquote(parts.password or "") or None,
        "ssl": parts.scheme == "rediss",
    }


def _has_place(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return bool(parts.hostname and (parts.port or PORT) and re.fullmatch(r"(/\d*)?", parts.path))
    except ValueError:  # the port is no number
        return False


def _retry() -> Retry:
    return Retry(NoBackoff(), RETRIES, supported_errors=(exceptions.ConnectionError,))


@cache
def _script(name: str) -> tuple[str, str]:
    """A script's text and digest."""
    text = "\n".join((SCRIPTS / f"{part}.lua").read_text() for part in ("hashes", name))
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
