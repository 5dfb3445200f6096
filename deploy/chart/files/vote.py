"""Casts a vote at each door that is named and reads it back from the pages; exit 1 when one does not come."""

import json
import os
import sys
import time
import uuid
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 60  # seconds until a way leads there and the vote is judged
VOTE = {"name": "rockola", "album": "helm test", "year": 2026, "rank": 10}


def cast(door: str) -> str:
    """The receipt of a vote; it has an id, so that it may be sent again."""
    body = json.dumps(VOTE | {"id": f"helm-test-{uuid.uuid4()}"}).encode()
    return str(ask(Request(door, body, {"Content-Type": "application/json"}), 503)["receipt"])


def read_back(pages: str, receipt: str) -> dict[str, object]:
    """What the pages say of it, once they do."""
    token = {"Authorization": f"Bearer {os.environ['ROCKOLA_TOKEN']}"}
    return ask(Request(f"{pages}/api/votes/{receipt}", headers=token), 404)


def ask(request: Request, not_yet: int) -> dict[str, object]:
    """The answer; while it has that status, or there is none, it is asked again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(request, timeout=15) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except OSError as error:
            final = isinstance(error, HTTPError) and error.code != not_yet
            if final or time.monotonic() > deadline:
                raise
        time.sleep(0.5)


for url in sys.argv[2:]:
    print(url, read_back(sys.argv[1], cast(url))["verdict"])
