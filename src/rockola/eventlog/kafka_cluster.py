"""A Kafka cluster behind a URL: what the driver is told, and its log lines and errors as ours."""

import re
import time
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from confluent_kafka import KafkaError, KafkaException

from rockola.urls import WrongUrl, is_unquoted, options_of, without_secrets
from rockola.vote.errors import Unavailable, Unfit

TOPIC = "votes"
PARTITIONS = 6
OPTIONS = {
    "partitions": PARTITIONS,
    "create_topic": False,
    "replication": 0,  # of a topic that is made: 0 takes 3 where there are brokers for it, else 1
    "group": "rockola",
    "protocol": "classic",  # of the group
    "session": 45,  # seconds of silence that cost a reader its partitions; the new protocol leaves it to the broker
    "sasl": "SCRAM-SHA-512",  # how a user shows its password
    "tls": False,
}
CHOICES = {"protocol": ("classic", "consumer"), "sasl": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")}
NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
READABLE = (
    "A log's URL reads kafka://[user:password@]host[:port][,host[:port]…][/topic]; "
    "signs in the user and the password are quoted, such as %40 for @ and %2F for /."
)
CLIENT = {
    "client.id": "rockola",
    "reconnect.backoff.max.ms": 500,  # by default 10 s: longer than an append lasts
    "socket.timeout.ms": 10_000,  # an answer that takes longer will not come: by default a minute
}
REFUSALS = {  # somebody must change something
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.INVALID_REPLICATION_FACTOR,
    KafkaError.POLICY_VIOLATION,
}
REPEATED = 60.0  # seconds in which a line is said once: a broker that is away is told of twenty times a second
KINDS = 200  # lines that are remembered for it
NUMBERS = re.compile(r"\d+")

log = structlog.get_logger()


class Cluster:
    """A `kafka://` URL, read; WrongUrl says what to change in it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.options = options_of(url, OPTIONS)
        self.topic = unquote(parts.path.strip("/")) or TOPIC
        self.servers = parts.netloc.rpartition("@")[2]
        self.name = without_secrets(url)
        self._parts = parts
        self._require_readable()

    def settings(self, **more: object) -> dict[str, Any]:
        """The driver's settings for a client, with more of its kind."""
        security = ("SASL_" if self._parts.username else "") + ("SSL" if self.options["tls"] else "PLAINTEXT")
        settings = CLIENT | {"bootstrap.servers": self.servers, "security.protocol": security}
        if self._parts.username:
            settings["sasl.mechanism"] = self.options["sasl"]
            settings["sasl.username"] = unquote(self._parts.username)
            settings["sasl.password"] = unquote(self._parts.password or "")
        return settings | more

    def failure(self, error: KafkaError) -> Exception:
        """An error of the driver as ours: Unavailable, or Unfit when trying again will not help."""
        if error.code() in REFUSALS or error.fatal():
            return Unfit(f"The log at {self.name} refuses what was asked of it: {error.str()}.")
        return Unavailable("log")

    def _require_readable(self) -> None:
        if is_unquoted(self._parts) or self._parts.fragment or not _are_places(self.servers):
            raise WrongUrl(READABLE)
        if not NAME.fullmatch(self.topic):
            raise WrongUrl("A topic's name is of letters, digits and . _ - only.")
        for name, choices in CHOICES.items():
            if self.options[name] not in choices:
                raise WrongUrl(f"The option {name} of a kafka URL is one of {', '.join(choices)}.")
        if self.options["partitions"] < 1:
            raise WrongUrl("The option partitions of a kafka URL is at least 1.")


class Failed(KafkaException):
    """The driver's error, told in its own words alone."""

    def __str__(self) -> str:
        text: str = self.args[0].str()
        return text


class Lines:
    """Takes the driver's log lines, as one of Python's loggers would; what is said over and over is said once."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def log(self, level: int, _template: str, facility: str, client: str, text: str) -> None:
        """A line."""
        kind, now = NUMBERS.sub("", text), time.monotonic()
        if now - self._said.get(kind, -REPEATED) < REPEATED:
            return
        if len(self._said) >= KINDS:
            self._said.clear()
        self._said[kind] = now
        log.log(level, "kafka", facility=facility, client=client, text=text)


def _are_places(servers: str) -> bool:
    places = [urlsplit(f"//{one}") for one in servers.split(",")]
    try:
        return all(place.hostname and place.port != 0 for place in places)
    except ValueError:  # a port is no number, or too large
        return False
