"""What is found of a MongoDB server and an archive's collection on it."""

from collections.abc import Iterator, Sequence
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from rockola.archive.mongo_connection import AT_START, LOG, PROMISED, Connection, answers
from rockola.archive.mongo_documents import kept_by
from rockola.archive.mongo_indexes import indexes_found, missing
from rockola.archive.mongo_queries import outside
from rockola.findings import Finding, Grade, finding

FOREIGN = "Name a collection of its own in the URL: ?collection=…"
COPIES = "A disk that breaks takes every archived vote: use three members."
SHARDS = "Leave the collection unsharded, or shard it by _id alone: else one place could be kept twice."
JAVASCRIPT = "Set security.javascriptEnabled to false: nothing here uses it."


def examined(connection: Connection) -> Sequence[Finding]:
    """Every setting that is part of the promise, but for what its user may not ask or the server does not know."""
    client = connection.client
    with answers():
        version = Finding("version", client.server_info()["version"], Grade.GOOD)
        server = [version, _copies(client), *_engine(client)]
    with answers(AT_START):
        return [*_options(connection), *server, *_documents(connection)]


def _options(connection: Connection) -> Iterator[Finding]:
    for name, value in PROMISED.items():
        found = connection.setting(name)
        yield finding(name, found, found == value, f"Leave {name} out of the URL.")
    found = connection.setting("retryWrites")
    yield finding("retryWrites", found, found == "true", "Leave retryWrites out of the URL.", Grade.RISKY)


def _copies(client: MongoClient[dict[str, Any]]) -> Finding:
    topology = client.topology_description
    if topology.topology_type_name in {"Sharded", "LoadBalanced"}:
        return Finding("cluster", "sharded", Grade.RISKY, SHARDS)
    copies = sum(one.server_type_name != "RSArbiter" for one in topology.server_descriptions().values())
    return finding("replica set", f"{copies} members" if copies > 1 else "none", copies > 1, COPIES, Grade.RISKY)


def _engine(client: MongoClient[dict[str, Any]]) -> Iterator[Finding]:
    engine = _asked(client, {"serverStatus": 1}).get("storageEngine", {})
    if "persistent" in engine:
        lasts = engine["persistent"] is True
        yield finding("storage engine", engine.get("name"), lasts, "Use one that keeps documents on a disk.")
    parameters = _asked(client, {"getParameter": 1, "javascriptEnabled": 1})
    if "javascriptEnabled" in parameters:
        found = parameters["javascriptEnabled"]
        yield finding("javascriptEnabled", found, not found, JAVASCRIPT, Grade.RISKY)


def _documents(connection: Connection) -> Iterator[Finding]:
    first = connection.votes.find_one({}, {"_id": 1})
    bound = connection.log.find_one(LOG) or {}
    log = bound.get("generation") or (first and kept_by(first)) or ""
    foreign = connection.votes.find_one(outside(log), {"_id": 1})
    yield finding("foreign document", foreign["_id"] if foreign else "none", not foreign, FOREIGN)
    if first:  # until then the first start makes them
        yield indexes_found(missing(connection.votes))


def _asked(client: MongoClient[dict[str, Any]], command: dict[str, Any]) -> dict[str, Any]:
    """A command's answer; nothing when its user may not ask, or the server does not know it."""
    try:
        return client.admin.command(command)
    except OperationFailure:
        return {}
