"""An answer that its reader has already is not sent again (RFC 9110, section 13.1.2)."""

from hashlib import blake2s
from typing import Any

from fastapi import Request, Response

KNOWN: dict[int | str, dict[str, Any]] = {304: {"description": "What `If-None-Match` names still holds."}}
AGAIN = {"Cache-Control": "private, no-cache"}  # kept by its reader, who asks each time whether it still holds


def unless_known(request: Request, told: object, answer: Response) -> Response:
    """The answer, or 304 when `If-None-Match` names it; whatever tells the same has the same `told`."""
    tag = f'W/"{blake2s(repr(told).encode(), digest_size=12).hexdigest()}"'
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if "*" in known or tag.removeprefix("W/") in known:
        answer = Response(status_code=304)
    answer.headers.update({"ETag": tag, **AGAIN})
    return answer
