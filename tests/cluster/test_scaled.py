"""The autoscalers at work: consumers go from two to five and back, and the count is exact after."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from time import time_ns

import pytest

from audit import check_ledger, check_verified
from cluster.contest import Contest
from running import run, until
from stack import voting
from tools.cluster import keda
from voters import Crowd

MINUTES = 240.0
ROWS = 40_000
BY_LAG = ("autoscaling.by=lag", "autoscaling.lag=500", "autoscaling.lag_brokers=kafka.stores.svc.cluster.local:9092")


def test_consumers_follow_their_processors(contest: Contest, rng: random.Random) -> None:
    contest.await_ready("consumer", 2)
    crowd = Crowd(contest.doors, rng, honest=True, name=f"scaled-{time_ns()}")
    with voting(crowd, 32):
        until(lambda: len(contest.ready("consumer")) == 5, "five consumers", MINUTES)
    until(lambda: len(contest.pods("consumer")) == 2, "two consumers", MINUTES)
    check_ledger(contest.books, crowd.ledger, MINUTES)


@pytest.fixture
def by_lag(contest: Contest) -> Iterator[None]:
    """KEDA looks after the consumers."""
    keda.install(contest.node)
    contest.node.install(*(f"--set={value}" for value in BY_LAG))
    yield
    contest.node.install()
    keda.remove(contest.node)


@pytest.mark.usefixtures("by_lag")
def test_consumers_follow_the_lag_in_kafka(contest: Contest, tmp_path: Path) -> None:
    contest.await_ready("consumer", 2)
    votes = [{"name": f"Band {time_ns()}", "album": "Ash", "year": 2000, "rank": number % 11} for number in range(ROWS)]
    (file := tmp_path / "votes.json").write_text(json.dumps(votes))
    done = run("send", str(file), *(f"--url=http://{door}" for door in contest.doors))
    assert done.returncode == 0, done.stderr
    until(lambda: len(contest.ready("consumer")) == 5, "five consumers", MINUTES)
    until(lambda: len(contest.pods("consumer")) == 2, "two consumers", MINUTES)
    check_verified(contest.books)
