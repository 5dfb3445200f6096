"""What a gateway and its server tell of themselves: every answer once, by its status."""

import re

from prometheus_client.parser import text_string_to_metric_families

from contract.ingest.conftest import Opened
from contract.ingest.doors import Door
from contract.ingest.wire import VOTE, get, post
from rockola.metrics import Metrics
from running import until

REQUESTS = (
    post() * 3,
    post(b"{}"),
    get("/nowhere"),
    post(b"[" + b",".join([VOTE] * 5) + b"]", "/ROUTE/votes"),
    b"BREW / HTTP/1.1\r\n\r\n",
)
WANTED = {
    'rockola_answers_total{code="202"}': 4,
    'rockola_answers_total{code="422"}': 1,
    'rockola_answers_total{code="404"}': 1,
    'rockola_answers_total{code="400"}': 1,
    'rockola_appended_total{door="DOOR"}': 8,
    "rockola_batch_votes_sum": 8,
    "rockola_queued_votes": 0,
    "rockola_connections": 0,
}
OF_DOORS = ("rockola_answer", "rockola_append", "rockola_batch", "rockola_connections", "rockola_queued")
OF_DOORS += ("rockola_refused", "rockola_unknown", "process_")
Series = tuple[str, frozenset[tuple[str, str]]]  # a name and its labels


def told(door: Door) -> dict[str, float]:
    """What all parts of a door tell now, added up."""
    text = "\n".join(part.metrics() for part in door.parts)
    found = {name: re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE) for name in wanted(door)}
    return {name: sum(map(float, numbers)) for name, numbers in found.items()}


def wanted(door: Door) -> dict[str, float]:
    """WANTED in the name of a door."""
    return {name.replace("DOOR", door.route.strip("/")): number for name, number in WANTED.items()}


def test_every_answer_and_every_vote_is_told_once(opened: Opened) -> None:
    door = opened()
    with door.wire() as wire:
        wire.send(b"".join(REQUESTS))
        wire.send_nothing_more()
        wire.rest()
    until(lambda: told(door) == wanted(door), f"{wanted(door)}, there is {told(door)}")


def series(text: str) -> set[Series]:
    """What of doors is told, but for when each began, which is told in Python alone."""
    families = text_string_to_metric_families(text)
    found = {(one.name, frozenset(one.labels.items())) for family in families for one in family.samples}
    return {one for one in found if one[0].startswith(OF_DOORS) and not one[0].endswith("_created")}


def test_every_part_tells_the_same_series_from_its_start(opened: Opened) -> None:
    wanted = series(Metrics().told().decode())
    for part in opened().parts:
        assert series(part.metrics()) == wanted
