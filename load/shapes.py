"""How many users vote at each moment of a run."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Course(NamedTuple):
    """What a shape is made of: the users of a steady run, and lengths in seconds."""

    users: int
    ramp: float
    idle: float
    burst: float
    times: int


class Shape(NamedTuple):
    """What people read of it, and the users at a second of the run; None ends the run.

    Those of a shape that is `sudden` come and go at once, and not as Locust's `--spawn-rate` says.
    """

    sentence: str
    users: Callable[[Course, float], int | None]
    sudden: bool


def _steady(course: Course, _: float) -> int:
    return course.users


def _ramp(course: Course, seconds: float) -> int:
    return min(course.users, max(1, math.ceil(course.users * seconds / course.ramp))) if course.ramp else course.users


def _finale(course: Course, seconds: float) -> int | None:
    if seconds >= 2 * course.idle + course.burst:
        return None
    return course.users * course.times if 0 <= seconds - course.idle < course.burst else 0


SHAPES: Mapping[str, Shape] = {
    "steady": Shape("all users, until the rows or the time are over", _steady, sudden=False),
    "ramp": Shape("one user, then more and more, all of them after `--ramp` seconds", _ramp, sudden=True),
    "finale": Shape(
        "`--idle` seconds without a vote, `--burst` seconds with `--times` the users, so that many times the rate, "
        "`--idle` seconds without a vote",
        _finale,
        sudden=True,
    ),
}
