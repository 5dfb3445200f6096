"""The command `rockola probe`: whether a vote comes all the way from a door to the pages."""

import time
import uuid
from typing import Annotated, Any

import httpx
import typer

from rockola.flags import FAILED, err, out, settable
from rockola.send.client import read_address
from rockola.settings import Settings

ANSWER = 15.0  # seconds for an answer: a door gives one within 12
PATIENCE = 60.0  # seconds until a way leads there, and until the vote is judged
VOTE = {"name": "rockola", "album": "probe", "year": 2026, "rank": 10}

Doors = Annotated[list[str], typer.Argument(metavar="URL...", help="Doors, as http://host:port/path.")]
Pages = Annotated[str, typer.Option(help="Where the pages are.")]


@settable()
def probe(settings: Settings, doors: Doors, web: Pages = "http://127.0.0.1:5000") -> None:
    """Cast a vote at each door and read it back from the pages, which may take a minute each.

    It is of the band "rockola" and the album "probe", and counted like any other unless the contest has a catalogue.
    The pages are asked with ROCKOLA_TOKEN when it is set.

    Exit: 0 when each came back, 1 when one did not.
    """
    try:
        for url in (*doors, web):
            read_address(url)
    except ValueError as error:
        raise typer.BadParameter(f"{url}: {error}") from error
    for door in doors:
        try:
            found = read_back(web, cast(door), settings.token)
            out.print(f"{door} {found['verdict']}", highlight=False, soft_wrap=True)
        except (httpx.HTTPError, ValueError, TypeError, LookupError) as error:  # also what is no answer of ours
            err.print(f"[red]{door}[/] {error!r}", highlight=False, soft_wrap=True)
            raise typer.Exit(FAILED) from error


def cast(door: str) -> str:
    """The receipt of a vote; it has an id, so that it may be sent again."""
    return str(ask("POST", door, 503, json=VOTE | {"id": f"probe-{uuid.uuid4()}"})["receipt"])


def read_back(pages: str, receipt: str, token: str) -> dict[str, Any]:
    """What the pages say of it, once they do."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return ask("GET", f"{pages}/api/votes/{receipt}", 404, headers=headers)


def ask(method: str, url: str, not_yet: int, **more: Any) -> dict[str, Any]:
    """The answer; while it has that status, or there is none, it is asked again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer = httpx.request(method, url, timeout=ANSWER, **more).raise_for_status()
        except (httpx.HTTPStatusError, httpx.TransportError) as error:
            final = isinstance(error, httpx.HTTPStatusError) and error.response.status_code != not_yet
            if final or time.monotonic() > deadline:
                raise
        else:
            return dict(answer.json())
        time.sleep(0.5)
