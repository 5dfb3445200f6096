"""The options of a run beside Locust's own, and the plan that they make."""

import os
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from load.mixes import Weights, weights_of
from load.shapes import SHAPES, Course
from rockola.send.client import read_address
from rockola.send.manner import DOORS
from rockola.vote.body import LARGEST_BATCH
from rockola.vote.model import Door

LEAVE, REPEAT = "leave", "repeat"


class Option(NamedTuple):
    """A flag `--name`; its default tells its type."""

    name: str
    default: str | int | float
    sentence: str


OPTIONS = (
    Option("votes", "", "Vote file: JSON array, NDJSON or CSV, perhaps packed by gzip. Without it, that of the demo."),
    Option("rounds", 1, "How often the file is sent, with other ids each time; 0 is until the time is over."),
    Option("door", "grpc", "Doors, by commas and used in turn: grpc, rust, both, or URLs."),
    Option("batch", 1, "Votes a request; 1 sends each by itself."),
    Option("rate", 0.0, "Votes a second of all users; 0 is as fast as it goes."),
    Option("mix", "clean", "What is sent: a mix, or weights of kinds such as valid=9,invalid=1."),
    Option("shape", "steady", f"How many users vote when: {', '.join(SHAPES)}."),
    Option("ramp", 60.0, "Seconds until all users of a ramp vote."),
    Option("idle", 60.0, "Seconds without a vote before and after the burst of a finale."),
    Option("burst", 20.0, "Seconds of the burst of a finale."),
    Option("times", 3, "How many times the users and the rate the burst of a finale has."),
    Option("unknown", REPEAT, f"What is done in the end with a vote that had no answer: {REPEAT} or {LEAVE} it."),
    Option("pages", "http://127.0.0.1:5000", "Where the pages' API answers what was counted."),
    Option("patience", 60.0, "Seconds without progress until the end of the count is given up."),
    Option("seed", 0, "Repeats the choices of a mix; 0 makes other ones each time."),
)
TOKEN = "ROCKOLA_TOKEN"  # noqa: S105 # names the organiser's: a process list would show a flag


@dataclass(frozen=True)
class Plan:
    """A run as it was asked for. `interval` seconds lie between two requests of a user."""

    path: str
    doors: tuple[str, ...]
    batch: int
    interval: float
    mix: Weights
    rounds: int
    seed: int
    repeats: bool
    pages: str
    token: str
    patience: float


def read_plan(given: Any, host: str | None, users: int) -> Plan:
    """The plan of parsed options; ValueError says which one is wrong."""
    _require(1 <= given.batch <= LARGEST_BATCH, f"--batch is 1 to {LARGEST_BATCH}")
    _require(given.unknown in {REPEAT, LEAVE}, f"--unknown is {REPEAT} or {LEAVE}")
    _require(given.shape in SHAPES, f"--shape is one of {', '.join(SHAPES)}")
    for name in ("rounds", "rate", "ramp", "idle", "burst", "times", "patience"):
        _require(getattr(given, name) >= 0, f"--{name} is not negative")
    return Plan(
        path=given.votes or str(files("rockola.send") / "demo.json"),
        doors=doors_of(given.door, host),
        batch=given.batch,
        interval=given.batch * users / given.rate if given.rate else 0,
        mix=weights_of(given.mix),
        rounds=given.rounds,
        seed=given.seed,
        repeats=given.unknown == REPEAT,
        pages=given.pages.rstrip("/"),
        token=os.environ.get(TOKEN, ""),
        patience=given.patience,
    )


def course_of(given: Any) -> Course:
    """What the shape of the run is made of."""
    return Course(given.num_users or 1, given.ramp, given.idle, given.burst, given.times)


def doors_of(names: str, host: str | None) -> tuple[str, ...]:
    """The doors' URLs. A host with a path is the only door; one without has a path for each door, as an ingress."""
    if host and urlsplit(host).path.strip("/"):
        names = host
    doors = tuple(_door(name.strip(), host) for name in names.replace("both", ",".join(Door)).split(","))
    for door in doors:
        read_address(door)
    return doors


def _door(name: str, host: str | None) -> str:
    if "://" in name:
        return name.rstrip("/")
    _require(name in set(Door), f"--door is {', '.join(Door)}, both or a URL")
    return f"{host.rstrip('/')}/{name}" if host else DOORS[Door(name)]


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)
