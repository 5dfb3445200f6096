"""The autoscaler at work: consumers go from two to five under load and back, and the count is exact after."""

import random
from time import time_ns

from audit import check_ledger
from cluster.contest import Contest
from running import until
from stack import voting
from voters import Crowd

MINUTES = 180.0


def test_consumers_go_from_two_to_five_and_back_by_their_processors(contest: Contest, rng: random.Random) -> None:
    contest.await_ready("consumer", 2)
    crowd = Crowd(contest.doors, rng, honest=True, name=f"scaled-{time_ns()}")
    with voting(crowd, 32):
        until(lambda: len(contest.ready("consumer")) == 5, "five consumers", MINUTES)
    until(lambda: len(contest.pods("consumer")) == 2, "two consumers", MINUTES)
    check_ledger(contest.books, crowd.ledger, MINUTES)
