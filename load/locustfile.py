"""Votes for rockola by Locust: `locust -f load/locustfile.py`; docs/load.md tells how to run it."""

import logging
import signal
from collections.abc import Sequence
from typing import Any, ClassVar

import gevent
from locust import FastHttpUser, LoadTestShape, constant_pacing, events, task
from locust.argument_parser import LocustArgumentParser
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS, ResponseContextManager
from locust.env import Environment
from locust.exception import StopUser

from load.crew import station_of
from load.mixes import surprise
from load.options import OPTIONS, Option, course_of
from load.shapes import SHAPES
from load.station import Station
from load.teller import Dealt
from rockola.send.answers import NONE, UNKNOWN, Answer, Outcome, outcomes
from rockola.send.client import PATIENCE
from rockola.send.errors import WrongDoor

PAUSE = 0.5  # seconds that a user waits after no answer, when the door does not say how long


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser, **_: Any) -> None:
    """Adds our options to Locust's."""
    group = parser.add_argument_group("rockola", "How votes are sent")
    for option in OPTIONS:
        add_option(group, option)


def add_option(group: Any, option: Option) -> None:
    """Adds an option, of the type of its default."""
    help_text = option.sentence.replace("%", "%%")
    group.add_argument(f"--{option.name}", type=type(option.default), default=option.default, help=help_text)


@events.init.add_listener
def begin(environment: Environment, **_: Any) -> None:
    """Gives the users of this process, and the shape of the run, their station."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the end of a run asks for many pages
    station = Voter.station = Show.station = station_of(environment)
    gevent.signal_handler(signal.SIGTERM, station.finish)  # Locust has none while a shape is at work


@events.quitting.add_listener
def stop(environment: Environment, **_: Any) -> None:
    """Ends a run, with all that belongs to its end, before Locust asks for the exit code."""
    environment.runner.stop()
    Voter.station.await_end()


class Show(LoadTestShape):
    """The shape that was asked for, until the rows or the time are over."""

    use_common_options = True
    station: ClassVar[Station]

    def reset_time(self) -> None:
        """A run begins."""
        super().reset_time()
        self.station.reset()

    def tick(self) -> tuple[int, float] | None:
        """Users, and how many come or go a second; None ends the run."""
        given, seconds = self.runner.environment.parsed_options, self.get_run_time()
        shape, course = SHAPES[given.shape], course_of(given)
        users = shape.users(course, seconds)
        if self.station.over or users is None or (given.run_time and seconds >= given.run_time):
            return None
        return users, course.users * course.times if shape.sudden else given.spawn_rate or 1


class Voter(FastHttpUser):
    """Casts one request after the other, at its part of the rate."""

    host = ""  # a request names its door
    connection_timeout = network_timeout = PATIENCE
    insecure = False  # certificates are checked
    station: ClassVar[Station]

    def wait_time(self) -> float:
        """Seconds until the next request."""
        plan = self.station.plan
        return float(constant_pacing(plan.interval)(self)) if plan and plan.interval else 0

    @task
    def vote(self) -> None:
        """Casts a vote or a batch; the user ends when every row was dealt."""
        with self.station.at_work():
            votes = self.station.deal()
            wait = self.cast(votes) if votes else 0.0
        if not votes:
            raise StopUser
        gevent.sleep(wait)

    def cast(self, votes: Sequence[Dealt]) -> float:
        """Sends votes to the next door and notes what it promised; the seconds that it wants to be left alone."""
        batched, door = self.station.batched, next(self.station.doors)
        body = b"\n".join([vote.ballot.body for vote in votes])
        url, media = (f"{door}/votes", "application/x-ndjson") if batched else (door, "application/json")
        for ballot, kind in votes:
            self.station.ledger.note(ballot, kind)
        with self.client.post(url, data=body, headers={"Content-Type": media}, catch_response=True) as response:
            answer = answer_of(response)
            told = read(answer, len(votes), batched)
            self.station.ledger.settled([(ballot, outcome) for (ballot, _), outcome in zip(votes, told, strict=True)])
            if trouble := trouble_of(votes, told, answer):
                response.failure(trouble)
            else:
                response.success()
        return max(answer.wait, PAUSE) if UNKNOWN in told else 0


def answer_of(response: ResponseContextManager) -> Answer:
    """The answer of a door; NONE when there was none, or only a part of it."""
    try:
        status, body = response.status_code, response.content or b""
    except FAILURE_EXCEPTIONS:
        return NONE
    wait = response.headers.get("retry-after", "") if status else ""
    return Answer(status, float(wait) if wait.isdigit() else 0, body) if status else NONE


def read(answer: Answer, number: int, batched: bool) -> Sequence[Outcome]:
    """An outcome for each of so many votes; what is no door promises nothing."""
    try:
        return outcomes(answer, number, batched)
    except WrongDoor:
        return [UNKNOWN] * number


def trouble_of(votes: Sequence[Dealt], told: Sequence[Outcome], answer: Answer) -> str:
    """Why Locust counts a request as a failure; empty when it is none."""
    if UNKNOWN in told:
        return f"unknown: {answer.status or 'no answer'}"
    wrong = (
        " ".join(filter(None, (surprise(vote.kind, outcome.fate), outcome.field, outcome.reason)))
        for vote, outcome in zip(votes, told, strict=True)
        if surprise(vote.kind, outcome.fate)
    )
    return next(wrong, "")
