"""The stations of a run: one alone, or a master who shares the rows out among workers and settles in the end."""

import time
from typing import Any

import gevent
from locust import runners
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from load.options import Plan
from load.station import Station, log
from load.teller import Share

SHARE, SPENT, TELL, PROMISES = "rockola-share", "rockola-spent", "rockola-tell", "rockola-promises"  # messages
SILENCE = 30  # seconds until a worker is missing; on a busy machine Locust's 3 are few
TOO_FEW = "there are fewer users than workers: some rows would never be sent"


def station_of(environment: Environment) -> Station:
    """The station of this process."""
    if isinstance(environment.runner, MasterRunner):
        runners.HEARTBEAT_LIVENESS = SILENCE
        return Master(environment, environment.runner)
    if isinstance(environment.runner, WorkerRunner):
        return Worker(environment, environment.runner)
    return Alone(environment)


class Alone(Station):
    """The only process."""

    def begin(self) -> None:
        """See Station."""
        self.plan = self.read_plan(_users(self._environment))
        self.open(self.plan, Share(0, 1))
        log.info("live results: %s/", self.plan.pages)

    def end(self, plan: Plan) -> None:
        """See Station."""
        self.settle(plan)


class Worker(Station):
    """Sends its share, and hands in what it was promised."""

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        super().__init__(environment)
        self._runner, self._share, self._users = runner, Share(0, 0), 0
        runner.register_message(SHARE, self._take)
        runner.register_message(TELL, lambda **_: runner.stop())

    def begin(self) -> None:
        """See Station. One that came too late for a share has nothing to send."""
        self._environment.process_exit_code = 0  # the master's code tells how it went
        if self._share.parts:
            self.plan = self.read_plan(self._users)
            self.open(self.plan, self._share)

    def spent(self) -> None:
        """See Station."""
        self._runner.send_message(SPENT)

    def end(self, plan: Plan) -> None:
        """See Station."""
        for part in self.ledger.parts():
            self._runner.send_message(PROMISES, {"part": part, "last": False})
        self._runner.send_message(PROMISES, {"part": b"", "last": True, "wrong": self.wrong})
        self._share = Share(0, 0)

    def _take(self, msg: Any, **_: Any) -> None:
        self._share, self._users = Share(msg.data["turn"], msg.data["parts"]), msg.data["users"]


class Master(Station):
    """Has no users of its own."""

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        super().__init__(environment)
        self._runner = runner
        self._spending, self._owing = set[str](), set[str]()
        runner.register_message(SPENT, lambda msg, **_: self._spending.discard(msg.node_id))
        runner.register_message(PROMISES, self._take)

    @property
    def over(self) -> bool:
        """See Station. A worker that is silent may come back; one that Locust gave up is not waited for."""
        return self._done or (self.plan is not None and self._spending.isdisjoint(self._runner.clients))

    def begin(self) -> None:
        """See Station."""
        users, clients = _users(self._environment), self._runner.clients
        self.plan = self.read_plan(users)
        workers = sorted(one.id for one in clients.ready + clients.running + clients.spawning)
        if users < len(workers):
            raise ValueError(TOO_FEW)
        self._spending, self._owing = set(workers), set(workers)
        for turn, worker in enumerate(workers):
            self._runner.send_message(SHARE, {"turn": turn, "parts": len(workers), "users": users}, worker)
        log.info("live results: %s/", self.plan.pages)

    def end(self, plan: Plan) -> None:
        """See Station. The promises of a worker that is silent for too long are lost."""
        self._runner.send_message(TELL)
        deadline = time.monotonic() + plan.patience
        while not self._owing.isdisjoint(self._runner.clients) and time.monotonic() < deadline:
            gevent.sleep(0.05)
        self.wrong += [f"the worker {worker} was lost with all that it was promised" for worker in self._owing]
        self.settle(plan)

    def _take(self, msg: Any, **_: Any) -> None:
        if msg.data["last"]:
            self._owing.discard(msg.node_id)
            self.wrong += msg.data["wrong"]
        else:
            self.ledger.add(msg.data["part"])


def _users(environment: Environment) -> int:
    return (environment.parsed_options and environment.parsed_options.num_users) or 1
