"""The states that the pages can be in, and how each comes about; tests look at them, and screenshots keep some."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from contract.web.serving import ANY, AT, GENERATION, PALABRAS, SONORA, VIAJE, Stores, open_stores, serving
from rockola.vote.contest import Contest
from rockola.vote.model import Door, Judged, Record, Verdict, Vote

TOKEN = "let-me-in"  # noqa: S105
BLIND = Contest(results="blind")
RECEIPT = f"/receipt?receipt={GENERATION}.0"
LONG = Vote("W" * 80, "M" * 80, 2000, 1000)


def nothing(_: Stores) -> None:
    """Leaves the stores empty."""


def votes(stores: Stores) -> None:
    """Counts votes of every kind, for names that are short, long and hostile."""
    stores.count(*[SONORA] * 1200, *[PALABRAS] * 900, *[VIAJE] * 900, LONG, Vote("<b>", '"><img src=x>', 2000, 0))
    repeated = Record(SONORA, Door.RUST, AT)
    stores.judge(0, [Judged(offset, Verdict.DUPLICATE, repeated, 0) for offset in range(3002, 3005)])
    stores.count(*[SONORA] * 2, verdict=Verdict.OVER_LIMIT)


def wiped(stores: Stores) -> None:
    """Counts votes, of which the tally forgets the last."""
    votes(stores)
    stores.archive.checkpoint(0, 9999)


class Scene(NamedTuple):
    """What was done to the stores before and after the first look, where it is looked at, and by whom."""

    path: str = "/"
    before: Callable[[Stores], None] = votes
    after: Callable[[Stores], None] = nothing
    contest: Contest = ANY
    token: str = ""
    signed_in: bool = False


SCENES = {
    "live": Scene(),
    "empty": Scene(before=nothing),
    "away": Scene(before=lambda stores: stores.break_tally()),
    "stale": Scene(after=lambda stores: stores.break_tally()),
    "recounting": Scene(before=wiped),
    "blind": Scene(contest=BLIND, token=TOKEN),
    "blind to all but the organiser": Scene(contest=Contest(results="organiser"), token=TOKEN),
    "blind, for the organiser": Scene(contest=BLIND, token=TOKEN, signed_in=True),
    "receipt": Scene("/receipt", nothing),
    "receipt counted": Scene(f"{RECEIPT}.0"),
    "receipt repeated": Scene(f"{RECEIPT}.3002"),
    "receipt over limit": Scene(f"{RECEIPT}.3005"),
    "receipt not yet": Scene(f"{RECEIPT}.9000"),
    "receipt unknown": Scene("/receipt?receipt=ZYXWVUTSRQPONMLKJIHGFE.0.0"),
    "receipt misread": Scene("/receipt?receipt=what"),
    "votes": Scene("/votes"),
    "votes, none": Scene("/votes?verdict=unreadable"),
    "votes, a wrong filter": Scene("/votes?door=cellar"),
    "a vote": Scene(f"/votes/{GENERATION}.0.3002"),
    "sign in": Scene("/sign-in?next=/votes", nothing, token=TOKEN),
    "stage": Scene("/stage"),
    "stage, away": Scene("/stage", before=lambda stores: stores.break_tally()),
}


@contextmanager
def played(scene: Scene, folder: Path) -> Iterator[tuple[str, Stores]]:
    """The URL of a scene, and its stores."""
    stores = open_stores(folder)
    scene.before(stores)
    with serving(stores, scene.contest, token=scene.token) as url:
        yield url, stores
