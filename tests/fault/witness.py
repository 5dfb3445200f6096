"""Reads the results stream during a fault: live totals never fall, and positions never go back (I-08)."""

import json
import socket
from contextlib import suppress
from itertools import pairwise
from threading import Thread
from typing import Any


class Witness:
    """Remembers every event of `/api/results/stream` until it is told to stop or the web ends."""

    def __init__(self, address: str) -> None:
        host, port = address.split(":")
        self.events: list[dict[str, Any]] = []
        self._connection = socket.create_connection((host, int(port)), timeout=60)
        self._connection.sendall(f"GET /api/results/stream HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
        self._thread = Thread(target=self._read)
        self._thread.start()

    def stop(self) -> None:
        """Ends the reading."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._connection.close()

    def check(self) -> None:
        """AssertionError where live results of one count fell."""
        live = [event for event in self.events if event["state"] == "live"]
        assert live, "no live results were seen"
        for before, after in pairwise(live):
            if (before["generation"], before["rebuilds"]) == (after["generation"], after["rebuilds"]):
                assert after["counted"] >= before["counted"], "live totals fell"
                assert all(after["positions"][p] >= at for p, at in before["positions"].items()), "a position went back"

    def _read(self) -> None:
        with suppress(OSError), self._connection.makefile("rb") as lines:
            for line in lines:
                if line.startswith(b"data: ") and b'"positions"' in line:
                    self.events.append(json.loads(line[6:]))
