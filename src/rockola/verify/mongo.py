"""The archive in MongoDB, counted by an aggregation pipeline and read in order, as a majority has it on the primary."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bson import Int64
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import MongoClient, ReadPreference
from pymongo.collection import Collection
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from rockola.urls import without_secrets
from rockola.verify.report import Alike, Group, Memory
from rockola.verify.sources import Content, Row
from rockola.vote.errors import Unavailable

DATABASE, COLLECTION = "so1_proyecto2", "votes"
CODEC = CodecOptions[dict[str, Any]](datetime_conversion=DatetimeConversion.DATETIME_MS)
EPOCH, MINUTE = datetime(1970, 1, 1, tzinfo=UTC), 60_000  # milliseconds
FETCHED = 5000  # documents that come at once
ANSWER = 10_000  # milliseconds until a server that does not answer is away
MEANT = {"verdict": "$verdict", "name": "$name", "album": "$album", "door": "$door"}
WHOLE_RANK = {"$floor": {"$divide": ["$rank", 100]}}
# Milliseconds since 1970; `$dateTrunc` would say the same, and not every server has it.
RECEIVED = {"$subtract": [{"$ifNull": ["$received_at", EPOCH]}, EPOCH]}


def _where(field: str, number: object) -> Mapping[str, Any]:
    """The sum of a number over the documents that have a field."""
    return {"$sum": {"$cond": [{"$ifNull": [f"${field}", False]}, number, 0]}}


ALIKE = {
    "_id": MEANT | {"rank": WHOLE_RANK, "minute": {"$floor": {"$divide": [RECEIVED, MINUTE]}}},
    "votes": {"$sum": 1},
    "ranks": {"$sum": "$rank"},
    "ids": _where("id", 1),
    "offsets": _where("id", "$offset"),
    "of_voters": _where("voter", 1),
}


class Archive:
    """See sources.Archive."""

    def __init__(self, url: str) -> None:
        self._name = without_secrets(url)
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        collection = options.pop("collection", COLLECTION)
        named = parts._replace(path=parts.path or "/", query=urlencode(options))
        with self._errors():
            self._client = MongoClient[dict[str, Any]](named.geturl(), serverSelectionTimeoutMS=ANSWER)
            self._votes, self._log = (self._reading(name) for name in (collection, f"{collection}.log"))

    @cached_property
    def generation(self) -> str | None:
        """See sources.Archive."""
        with self._errors():
            return (self._log.find_one({"_id": "log"}) or {}).get("generation")

    def rows(self, partition: int, until: int) -> Iterator[Row]:
        """See sources.Archive."""
        before = f"{self.generation}.{partition}."
        with self._errors(), self._votes.find(_before(partition, until), batch_size=FETCHED) as found:
            for document in found.sort([("partition", 1), ("offset", 1)]):
                yield _row(before, document)

    def groups(self, partition: int, until: int) -> Iterator[Alike]:
        """See sources.Archive."""
        stages = [{"$match": _before(partition, until)}, {"$group": ALIKE}]
        with self._errors(), self._votes.aggregate(stages, allowDiskUse=True) as found:
            for sums in found:
                alike = sums["_id"]
                numbers = (number and int(number) for number in map(alike.get, ("rank", "minute")))
                memory = Memory(sums["ids"], sums["offsets"], sums["of_voters"])
                yield Alike(Group(*map(alike.get, MEANT), *numbers), sums["votes"], sums["ranks"], memory)

    def close(self) -> None:
        """Frees what it holds."""
        self._client.close()

    def _reading(self, name: str) -> Collection[dict[str, Any]]:
        """A secondary may lag behind, and what no majority has may be rolled back."""
        majority = ReadConcern("majority")
        return self._client.get_default_database(DATABASE).get_collection(
            name, CODEC, ReadPreference.PRIMARY, read_concern=majority
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except PyMongoError as error:
            raise Unavailable(f"archive at {self._name}") from error


def _before(partition: int, until: int) -> dict[str, Any]:
    return {"partition": partition, "offset": {"$lt": Int64(until)}}


def _row(before: str, document: Mapping[str, Any]) -> Row:
    get, offset = document.get, int(document["offset"])
    content: Content | str
    if document["_id"] != f"{before}{offset}":
        content = str(document["_id"])  # nothing that a log says is equal to it
    elif document["verdict"] == "unreadable":
        content = get("raw", b"").hex()
    else:
        told = get("name"), get("album"), get("year"), get("rank"), get("id"), get("voter"), get("door")
        content = (*told, int(get("received_at", 0)))
    return Row(offset, document["verdict"], _first(before, get("duplicate_of")), content)


def _first(before: str, place: str | None) -> int | None:
    """The offset of a place of the same partition."""
    if place is None:
        return None
    offset = place.removeprefix(before)
    return int(offset) if offset.isdecimal() else -1
