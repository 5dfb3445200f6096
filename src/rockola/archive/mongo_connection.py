"""A MongoDB server behind a URL: its client with the settings that are part of the promise, deadlines, errors as ours.

PyMongo reads the URL's options. Those that nobody gave are ours, and `collection` is ours alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

import pymongo
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    InvalidName,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)
from pymongo.uri_parser import parse_uri, split_options

from rockola.archive.mongo_documents import CODEC
from rockola.urls import WrongUrl, without_secrets
from rockola.vote.errors import Unavailable, Unfit

DATABASE, COLLECTION = "so1_proyecto2", "votes"
PROMISED = {  # an acknowledged document is on a majority's disks, and what is read is what could not be rolled back
    "w": "majority",
    "journal": "true",
    "readConcernLevel": "majority",
    "readPreference": "primary",
}
DEFAULTS = PROMISED | {
    "appName": "rockola",
    "retryWrites": "true",
    "connectTimeoutMS": "3000",
    "timeoutMS": "5000",  # whether the server is away or hangs, the caller hears of it within
    "serverSelectionTimeoutMS": "5000",  # where no time is set: a server that is away
    "socketTimeoutMS": "60000",  # and one that hangs
}
NEVER = 0.0
AT_START = 600.0  # seconds: an index over millions of documents that are there already
LOG = {"_id": "log"}  # the one document of its collection: generation, and checkpoints by partition
READABLE = "Signs such as / ? # @ : and % in its user and password are written %2F %3F %23 %40 %3A %25."
Options = Sequence[tuple[str, str]]
Votes = Collection[dict[str, Any]]


class Connection:
    """One client, of any number of threads, and the two collections of an archive."""

    def __init__(self, url: str) -> None:
        """Does not wait for a server; WrongUrl says what to change in the URL."""
        parts, self.name = urlsplit(url), without_secrets(url)
        self.options = _options(parts)
        name = dict(self.options).get("collection", COLLECTION)
        self.client = _client(parts, [one for one in self.options if one[0] != "collection"])
        try:
            database = self.client.get_default_database(DATABASE, codec_options=CODEC)
            self.votes: Votes = database[name]
            self.log: Votes = database[f"{name}.log"]  # which log, and how far it is kept
        except InvalidName:
            self.client.close()
            raise WrongUrl("The option collection of a MongoDB URL is no name of a collection.") from None

    def setting(self, name: str) -> str:
        """An option as it is in force."""
        given = {option.lower(): value for option, value in self.options}
        return given.get(name.lower(), DEFAULTS[name]).lower()

    def close(self) -> None:
        """Ends its connections and threads."""
        self.client.close()


@contextmanager
def answers(seconds: float | None = None) -> Iterator[None]:
    """What is asked is answered in so many seconds, retries and all (None: the URL's timeoutMS), or Unavailable."""
    try:
        with pymongo.timeout(seconds):
            yield
    except (ConnectionFailure, OperationFailure) as error:
        raise Unavailable("archive") from error
    except ConfigurationError as error:  # found when the server is met: it is too old, or wants what we have not
        raise Unfit(f"The archive's MongoDB server cannot be used. {error}") from error


def _options(parts: SplitResult) -> Options:
    try:
        parse_uri(f"mongodb://{parts.netloc}/", warn=False)
    except (PyMongoError, ValueError):  # its message may hold a piece of a password
        raise WrongUrl(f"The hosts of a MongoDB URL cannot be read. {READABLE}") from None
    given = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in given:
        if name != "collection":
            _check(name, value)
    return given


def _check(name: str, value: str) -> None:
    try:
        split_options(urlencode({name: value}), warn=False, normalize=False)
    except (PyMongoError, ValueError, TypeError, OSError):
        raise WrongUrl(
            f"{name} is no option of MongoDB URLs, or has no such value; known are collection and those of PyMongo."
        ) from None


def _client(parts: SplitResult, given: Options) -> MongoClient[dict[str, Any]]:
    named = {name.lower() for name, _ in given}
    ours = [(name, value) for name, value in DEFAULTS.items() if name.lower() not in named]
    full = parts._replace(path=parts.path or "/", query=urlencode([*given, *ours]), fragment="")
    try:
        return MongoClient(full.geturl())
    except ConfigurationError as error:
        if parts.scheme != "mongodb" and not isinstance(error, InvalidURI):
            raise Unavailable("archive") from error  # the DNS does not name its hosts
        raise WrongUrl(
            "The options of a MongoDB URL contradict each other, or its database has no such name."
        ) from None
