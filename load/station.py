"""A process's part in a run: what it deals, what it was promised, and how many of its requests are under way."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from random import Random
from typing import Any

import gevent
from locust.env import Environment

from load.ledger import Ledger
from load.options import Plan, read_plan
from load.settle import settle
from load.teller import Dealt, Share, Teller
from rockola.send.errors import WrongFile
from rockola.send.votefile import VoteFile, open_votes

BROKEN, WRONG = 1, 2  # exit codes: a promise was broken, a file or an option is wrong

log = logging.getLogger("rockola.load")


class Station(ABC):
    """Follows Locust's events."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._file: VoteFile | None = None
        self._flying = 0
        self._done = False
        self._ending: gevent.Greenlet | None = None
        self.ledger = Ledger()
        self.wrong: list[str] = []  # what became of the file while it was sent
        self.plan: Plan | None = None
        self.teller: Teller | None = None
        self.doors: Iterator[str] = cycle(())
        environment.events.test_start.add_listener(self._on_start)
        environment.events.test_stop.add_listener(self._on_stop)

    @property
    def over(self) -> bool:
        """Whether there is nothing more to send."""
        return self._done

    @abstractmethod
    def begin(self) -> None:
        """A run begins; ValueError or WrongFile end it."""

    @abstractmethod
    def end(self, plan: Plan) -> None:
        """The users of this process voted for the last time."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A user casts votes within it."""
        self._flying += 1
        try:
            yield
        finally:
            self._flying -= 1
            if not self._flying and not self._done and (self.teller is None or self.teller.over):
                self._done = True
                self.spent()

    def spent(self) -> None:  # noqa: B027 # who is alone tells nobody
        """Every row was dealt, and no request is under way."""

    def finish(self) -> None:
        """Ends the run as if its rows were over."""
        self._done = True

    def reset(self) -> None:
        """A run is about to begin."""
        self._done = False

    def read_plan(self, users: int) -> Plan:
        """What was asked for, of so many users in all processes."""
        return read_plan(self._environment.parsed_options, self._environment.host, users)

    @property
    def batched(self) -> bool:
        """Whether a request is a batch, however few votes it has."""
        return self.plan is not None and self.plan.batch > 1

    def deal(self) -> Sequence[Dealt]:
        """The votes of the next request; none when every row was dealt."""
        if not self.teller or not self.plan:
            return ()
        try:
            return self.teller.deal(self.plan.batch)
        except WrongFile as error:
            self.wrong, self.teller = [str(error)], None
            return ()

    def open(self, plan: Plan, share: Share) -> None:
        """Makes ready to deal a share of the rows."""
        opened = gevent.get_hub().threadpool.apply(_opened, (plan.path,))  # heartbeats go on meanwhile
        if isinstance(opened, WrongFile):
            raise opened
        self._file = opened
        chance = Random(f"{plan.seed}-{share.turn}" if plan.seed else None)  # noqa: S311
        self.teller = Teller(self._file, share, plan.rounds, plan.mix, chance)
        self.doors = cycle(plan.doors)

    def settle(self, plan: Plan) -> None:
        """Asks for every promise; Locust's exit code says whether all were kept."""
        self._environment.process_exit_code = 0 if settle(plan, self.ledger, self.wrong) else BROKEN

    def _on_start(self, **_: Any) -> None:
        self.ledger, self.wrong, self.plan, self.teller, self._done = Ledger(), [], None, None, False
        self._environment.process_exit_code = BROKEN  # until every promise was asked for
        try:
            self.begin()
        except (ValueError, WrongFile) as error:
            log.error("%s", error)  # noqa: TRY400 # a sentence for whoever asked for the run
            self._environment.process_exit_code, self.plan, self._done = WRONG, None, True

    def await_end(self) -> None:
        """Returns when the end of a run is over, whatever became of the greenlet that began it."""
        if self._ending:
            self._ending.join()

    def _on_stop(self, **_: Any) -> None:
        self._ending = gevent.spawn(self._end)
        self._ending.join()

    def _end(self) -> None:
        if self.plan:
            self.end(self.plan)
        if self._file:
            self._file.close()
        self._file = self.plan = self.teller = None


def _opened(path: str) -> VoteFile | WrongFile:
    """What a pool of gevent raises it prints as well, so an error is returned."""
    try:
        return open_votes(path)
    except WrongFile as error:
        return error
