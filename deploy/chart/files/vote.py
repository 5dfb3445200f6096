"""Casts a vote at each door that is named and reads it back from the pages; exit 1 when one does not come."""

import json
import os
import sys
import time
import uuid
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 60  # seconds until the consumer has judged it
VOTE = {"name": "rockola", "album": "helm test", "year": 2026, "rank": 10}


def cast(door: str) -> str:
    """The receipt of a vote."""
    body = json.dumps(VOTE | {"id": f"helm-test-{uuid.uuid4()}"}).encode()
    with urlopen(Request(door, body, {"Content-Type": "application/json"}), timeout=15) as answer:
        return str(json.load(answer)["receipt"])


def read_back(pages: str, receipt: str) -> dict[str, object]:
    """What the pages say of it, once they do."""
    asked = Request(f"{pages}/api/votes/{receipt}", headers={"Authorization": f"Bearer {os.environ['ROCKOLA_TOKEN']}"})
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(asked, timeout=15) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except HTTPError as error:
            if error.code != 404 or time.monotonic() > deadline:
                raise
        time.sleep(0.5)


for url in sys.argv[2:]:
    print(url, read_back(sys.argv[1], cast(url))["verdict"])
