"""Hands that copy an archive, or change it behind the back of everything that keeps promises."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from bson import Int64
from pymongo import MongoClient
from pymongo.collection import Collection

Place = tuple[int, int]  # partition and offset


class Archive(Protocol):
    """Hands on an archive."""

    def first(self, verdict: str) -> Place:
        """The first record with this verdict."""

    def change(self, place: Place, field: str, value: Any) -> None:
        """Makes a record say something else."""

    def delete(self, place: Place) -> None:
        """Removes a record."""

    def insert(self, like: Place) -> Place:
        """Adds a copy of a record where the log has nothing, and gives its place."""


class File:
    """An archive in a SQLite file."""

    def __init__(self, url: str) -> None:
        self.url = url

    def first(self, verdict: str) -> Place:
        return min(self._places("WHERE verdict = ?", verdict))

    def change(self, place: Place, field: str, value: Any) -> None:
        change(self.url, f"UPDATE votes SET {field} = ? WHERE (partition, offset) = (?, ?)", value, *place)

    def delete(self, place: Place) -> None:
        change(self.url, "DELETE FROM votes WHERE (partition, offset) = (?, ?)", *place)

    def insert(self, like: Place) -> Place:
        place = free(self._places(""))
        rest = "verdict, name, album, year, rank, id, voter, door, received_at, duplicate_of, raw"
        copied = f"INSERT INTO votes SELECT ?, ?, {rest} FROM votes WHERE (partition, offset) = (?, ?)"
        change(self.url, copied, *place, *like)
        return place

    def _places(self, condition: str, *values: Any) -> list[Place]:
        return [
            (each[0], each[1]) for each in ask(self.url, f"SELECT partition, offset FROM votes {condition}", *values)
        ]


class Documents:
    """An archive in MongoDB."""

    def __init__(self, url: str) -> None:
        self.url = url

    def first(self, verdict: str) -> Place:
        with votes(self.url) as found:
            return min((each["partition"], each["offset"]) for each in found.find({"verdict": verdict}))

    def change(self, place: Place, field: str, value: Any) -> None:
        with votes(self.url) as found:
            assert found.update_one(at(place), {"$set": {field: value}}).modified_count

    def delete(self, place: Place) -> None:
        with votes(self.url) as found:
            assert found.delete_one(at(place)).deleted_count

    def insert(self, like: Place) -> Place:
        with votes(self.url) as found:
            place = free((each["partition"], each["offset"]) for each in found.find())
            document = found.find_one(at(like)) or {}
            generation = document["_id"].split(".")[0]
            own = {"_id": f"{generation}.{place[0]}.{place[1]}", "partition": place[0], "offset": Int64(place[1])}
            found.insert_one(document | own)
            return place


def copy_file(url: str, name: str) -> str:
    """A copy of a SQLite file beside it."""
    path = path_of(url)
    return f"sqlite:///{shutil.copy(path, path.with_name(f'{name}{path.name}'))}"


def copy_documents(url: str, name: str) -> str:
    """A copy of a database."""
    copied = urlsplit(url)._replace(path=f"/{name}").geturl()
    with MongoClient[dict[str, Any]](url) as client:
        source, target = client.get_default_database(), client[name]
        for collection in source.list_collection_names():
            target[collection].insert_many(source[collection].find())
    return copied


ARCHIVES: Mapping[str, Callable[[str], Archive]] = {"sqlite": File, "mongodb": Documents}


def ask(url: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a SQLite file answers."""
    with closing(sqlite3.connect(path_of(url))) as connection:
        return connection.execute(statement, values).fetchall()


def change(url: str, statement: str, *values: Any) -> None:
    """Changes a SQLite file; it is a mistake of the test when nothing changes."""
    with closing(sqlite3.connect(path_of(url), isolation_level=None)) as connection:
        assert connection.execute(statement, values).rowcount != 0


def path_of(url: str) -> Path:
    return Path(urlsplit(url).path[1:])


@contextmanager
def votes(url: str) -> Iterator[Collection[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](url) as client:
        yield client.get_default_database()["votes"]


def at(place: Place) -> dict[str, Any]:
    return {"partition": place[0], "offset": place[1]}


def free(places: Iterable[Place]) -> Place:
    """The first place of partition 0 that nothing lies under."""
    taken = set(places)
    return next((0, offset) for offset in count() if (0, offset) not in taken)
