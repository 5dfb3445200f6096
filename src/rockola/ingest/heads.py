"""What a request's headers must say before its body is looked at."""

import re
from functools import lru_cache

from rockola.ingest import answers
from rockola.ingest.framing import Headers

JSON, NDJSON = b"application/json", b"application/x-ndjson"
HOST = re.compile(rb"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
UTF8 = (b"", b"charset=utf-8", b'charset="utf-8"')


def objection(headers: Headers, medias: tuple[bytes, ...]) -> bytes:
    """The answer for a head that no vote can follow; empty when nothing is wrong with it."""
    if media_of(headers.get(b"content-type", b"")) not in medias:
        return answers.MEDIA
    if headers.get(b"content-encoding", b"identity") != b"identity":
        return answers.MEDIA
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return answers.LENGTH
    return b""


@lru_cache(maxsize=256)
def media_of(content_type: bytes) -> bytes | None:
    """The media type, when it is one of ours in UTF-8."""
    media, _, parameter = content_type.lower().replace(b" ", b"").partition(b";")
    return media if media in (JSON, NDJSON) and parameter in UTF8 else None


@lru_cache(maxsize=256)
def misdirection(host: bytes, hosts: frozenset[str]) -> bytes:
    """The answer for a Host that is none, or not one of these (no hosts: any is); empty when it is right."""
    if not (found := HOST.fullmatch(host)):
        return answers.HOST
    return b"" if not hosts or found[1].decode().lower() in hosts else answers.MISDIRECTED
