"""The archive in MongoDB, counted by an aggregation pipeline and read in order, as a majority has it on the primary."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from types import NoneType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bson import DatetimeMS, Int64
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import MongoClient, ReadPreference
from pymongo.collection import Collection
from pymongo.errors import InvalidURI, PyMongoError
from pymongo.read_concern import ReadConcern

from rockola.urls import WrongUrl, without_secrets
from rockola.verify.report import Alike, Group, Memory
from rockola.verify.sources import Content, Row
from rockola.vote.errors import Unavailable

DATABASE, COLLECTION = "so1_proyecto2", "votes"
CODEC = CodecOptions[dict[str, Any]](datetime_conversion=DatetimeConversion.DATETIME_MS)
FETCHED = 5000  # documents that come at once
ANSWER = 10_000  # milliseconds until a server that does not answer is away
MEANT = {"verdict": "$verdict", "name": "$name", "album": "$album", "door": "$door"}
PLAIN = {str, int, Int64, NoneType}  # what fields are of, but for the time


def _where(field: str, number: object) -> Mapping[str, Any]:
    """The sum of a number over the documents that have a field."""
    return {"$sum": {"$cond": [{"$ifNull": [f"${field}", False]}, number, 0]}}


def _whole(field: str, divisor: int) -> Mapping[str, Any]:
    """A number, or a time's milliseconds since 1970, in whole parts; null when it is neither."""
    number = {"$convert": {"input": f"${field}", "to": "long", "onError": None, "onNull": None}}
    return {"$floor": {"$divide": [number, divisor]}}


ALIKE = {
    "_id": MEANT | {"rank": _whole("rank", 100), "minute": _whole("received_at", 60_000)},
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
            self._client = _client(named.geturl())
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
                get = sums["_id"].get
                rank, minute = get("rank"), get("minute") or 0  # what came with 1970 has no time
                memory = Memory(sums["ids"], sums["offsets"], sums["of_voters"])
                meant = get("verdict"), get("name"), get("album"), get("door")
                group = Group(*meant, rank and int(rank), int(minute))
                yield Alike(group, sums["votes"], sums["ranks"], memory)

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


def _client(url: str) -> MongoClient[dict[str, Any]]:
    try:
        return MongoClient(url, serverSelectionTimeoutMS=ANSWER)
    except (InvalidURI, ValueError):  # its message may hold a piece of a password
        raise WrongUrl("The archive's URL cannot be read: signs in user and password are written %40 for @.") from None


def _before(partition: int, until: int) -> dict[str, Any]:
    return {"partition": partition, "offset": {"$lt": Int64(until)}}


def _row(before: str, document: Mapping[str, Any]) -> Row:
    offset = int(document["offset"])
    content = _content(document) if document["_id"] == f"{before}{offset}" else None
    first = _first(before, document.get("duplicate_of"))
    return Row(offset, document.get("verdict", ""), first, content or f"{document}")  # equal to nothing that a log says


def _content(document: Mapping[str, Any]) -> Content | str | None:
    """What the document says; None when its fields are of other kinds than we write."""
    get = document.get
    if get("verdict") == "unreadable":
        return raw.hex() if isinstance(raw := get("raw"), bytes) else None
    told = get("name"), get("album"), get("year"), get("rank"), get("id"), get("voter"), get("door")
    time = get("received_at", DatetimeMS(0))
    return (*told, int(time)) if PLAIN.issuperset(map(type, told)) and type(time) is DatetimeMS else None


def _first(before: str, place: object) -> int | None:
    """The offset of a place of the same partition; none has -1."""
    if place is None:
        return None
    offset = str(place).removeprefix(before)
    return int(offset) if offset.isdecimal() else -1
