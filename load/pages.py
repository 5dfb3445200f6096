"""What the system itself says of the votes, by its public API: the results, and every vote that it keeps."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import httpx
import msgspec

from rockola.vote.model import Place

PAUSE = 0.2  # seconds between two questions
ANSWER = 15.0  # seconds for an answer
FINAL = {401, 403, 404}  # no token, no such page: asking again is of no use
FULL = 200  # rows of the largest page

Got = TypeVar("Got")


def place_of(receipt: str) -> Place | None:
    """The place that a receipt names, if it is one."""
    try:
        return Place.parse(receipt)
    except ValueError:
        return None


class Standing(msgspec.Struct):
    """A candidate of the results."""

    name: str
    album: str
    votes: int


class Results(msgspec.Struct):
    """`/api/results`, as far as it is compared."""

    generation: str | None
    positions: dict[str, int]
    counted: int
    verdicts: dict[str, int]
    doors: dict[str, int]
    candidates: list[Standing]

    def holds(self, receipt: str) -> bool:
        """Whether the record of that receipt is part of these results."""
        place = place_of(receipt)
        position = self.positions.get(str(place.partition), 0) if place else 0
        return place is not None and place.generation == self.generation and place.offset < position


class Kept(msgspec.Struct):
    """A record of `/api/votes`."""

    receipt: str
    name: str | None
    album: str | None
    door: str | None
    verdict: str
    duplicate_of: str | None
    id: str | None
    voter: str | None


class _Page(msgspec.Struct):
    votes: list[Kept]
    next: str | None


class Silent(Exception):
    """The pages gave no answer that can be used for too long."""


class Pages:
    """The pages of a system; each question is asked again for `patience` seconds. Silent when that is not enough."""

    def __init__(self, url: str, token: str, patience: float) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=ANSWER)
        self._url, self._patience = url, patience

    def results(self) -> Results:
        """The results now."""
        return self._ask("/api/results", {}, msgspec.json.Decoder(Results).decode)

    def votes(self) -> Iterator[Kept]:
        """Every record that is kept, newest first."""
        decode, query = msgspec.json.Decoder(_Page).decode, {"limit": str(FULL)}
        while True:
            page = self._ask("/api/votes", query, decode)
            yield from page.votes
            if page.next is None:
                return
            query["after"] = page.next

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def _ask(self, path: str, query: Mapping[str, str], decode: Callable[[bytes], Got]) -> Got:
        deadline, place = time.monotonic() + self._patience, f"{self._url}{path}"
        while True:
            try:
                answer = self._client.get(path, params=query)
                if answer.status_code == httpx.codes.OK:
                    return decode(answer.content)
                trouble = f"answers {answer.status_code}"
                if answer.status_code in FINAL:
                    raise Silent(f"{place} {trouble}")
            except (httpx.HTTPError, msgspec.MsgspecError) as error:
                trouble = f"gives no answer ({error})"
            if time.monotonic() > deadline:
                raise Silent(f"{place} {trouble}")
            time.sleep(PAUSE)
