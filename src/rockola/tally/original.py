"""The hash `votes` of the original system, album → count, for dashboards that read it in Redis themselves.

It is derived: absolute numbers, written anew from the totals now and then. Nothing reads it here.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from rockola.tally.redis_server import Server

EVERY = 0.9  # seconds: a little less than an idle consumer waits between two looks, so that each of them writes it


class Original:
    """Keeps the hash as the totals are. Of several writers the last look wins, and there is one every second."""

    def __init__(self, server: Server, now: Callable[[], float] = time.monotonic) -> None:
        self._server, self._now = server, now
        self._key = f"{server.prefix}votes"
        self._due = 0.0

    def refresh(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Writes what changed, when it is time to: one read of everything, at most once a second."""
        if self._now() < self._due:
            return
        self._due = self._now() + EVERY
        wanted = by_album(counts())
        with self._server.client() as client:
            shown = {album.decode(errors="replace"): number for album, number in client.hgetall(self._key).items()}
        if shown != {album: str(number).encode() for album, number in wanted.items()}:
            self._server.run("replace", [self._key], [item for pair in wanted.items() for item in pair])


def by_album(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The counted votes of each album, as the original system knew them: by its name alone."""
    albums = Counter[str]()
    for field, number in counts.items():
        if field.startswith('["votes",'):
            albums[msgspec.json.decode(field)[2]] += number
    return albums
