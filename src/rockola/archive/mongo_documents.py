"""A record as a MongoDB document, and back: what it lacks is absent, never null."""

from collections.abc import Sequence
from typing import Any

from bson import DatetimeMS, Int64
from bson.codec_options import CodecOptions, DatetimeConversion

from rockola.archive import Document, Group
from rockola.archive.bars import Counted
from rockola.vote.model import Door, Judged, Place, Record, Verdict, Vote

Written = dict[str, Any]
CODEC = CodecOptions[dict[str, Any]](datetime_conversion=DatetimeConversion.DATETIME_MS)  # half the cost of a datetime
DOORS, VERDICTS = {one.value: one for one in Door}, {one.value: one for one in Verdict}
UNREADABLE = Verdict.UNREADABLE


def write(generation: str, partition: int, judged: Sequence[Judged]) -> dict[str, Written]:
    """The documents of a batch, by `_id`."""
    before = f"{generation}.{partition}."
    documents = (_written(before, partition, one) for one in judged)
    return {document["_id"]: document for document in documents}


def _written(before: str, partition: int, one: Judged) -> Written:
    place = {"_id": f"{before}{one.offset}", "partition": partition, "offset": Int64(one.offset)}
    if one.record is None:
        return {**place, "verdict": UNREADABLE.value, "raw": one.raw}
    vote, door, at = one.record.vote, one.record.door, one.record.at
    document = {
        **place,
        "name": vote.name,
        "album": vote.album,
        "year": vote.year,
        "rank": vote.rank,
        "verdict": one.verdict.value,
        "door": door.value,
    }
    if one.duplicate_of is not None:
        document["duplicate_of"] = f"{before}{one.duplicate_of}"
    if at:
        document["received_at"] = DatetimeMS(at)
    if vote.id:
        document["id"] = vote.id
    if vote.voter:
        document["voter"] = vote.voter
    return document


def read(document: Written) -> Judged:
    """What was judged, but for `raw`."""
    get, verdict = document.get, VERDICTS[document["verdict"]]
    if verdict is UNREADABLE:
        return Judged(int(document["offset"]), verdict, None)
    vote = Vote(
        document["name"], document["album"], document["year"], document["rank"], get("id", ""), get("voter", "")
    )
    record = Record(vote, DOORS[document["door"]], int(get("received_at", 0)))
    first = get("duplicate_of")
    return Judged(int(document["offset"]), verdict, record, first and int(first.rpartition(".")[2]))


def show(document: Written) -> Document:
    """A document as pages show it."""
    get = document.get
    return Document(
        place=Place.parse(document["_id"]),
        verdict=document["verdict"],
        name=get("name"),
        album=get("album"),
        year=get("year"),
        rank=get("rank"),
        id=get("id"),
        voter=get("voter"),
        door=get("door"),
        received_at=int(document["received_at"]) if "received_at" in document else None,
        duplicate_of=Place.parse(document["duplicate_of"]) if "duplicate_of" in document else None,
    )


def count(document: Written) -> Counted:
    """What a summary counts a document by."""
    get = document.get
    return Counted(Group(get("name"), get("album"), document["verdict"], get("door")), int(get("received_at", 0)))


def kept_by(document: Written) -> str | None:
    """The log whose record it is; None when another program wrote it."""
    try:
        return Place.parse(str(document["_id"])).generation
    except ValueError:
        return None
