"""Pods deleted, restarted, wedged and out of memory while a crowd votes: every promise is kept (A to F)."""

import os
import random
import signal
from collections.abc import Iterator
from time import time_ns

import pytest

from audit import check_ledger
from cluster.contest import NAMESPACE, Contest, Pod
from running import until
from stack import more, voting
from tools.services.process import Failed
from voters import Crowd

HONEST = {202, 422, 503, 0}  # 0: a connection ended without an answer, and the vote was repeated
HEALED = 120.0
HOGS = """echo 1000 >/proc/1/oom_score_adj
for _ in $(seq 40); do python -c 'import time; b = bytearray(1 << 24); time.sleep(60)' & done
wait"""  # none of them as large as the process of the container


@pytest.fixture
def crowd(contest: Contest, rng: random.Random) -> Iterator[Crowd]:
    """It votes at both doors while the test does harm; then every promise is asked for."""
    one = Crowd(contest.doors, rng, name=f"crowd-{time_ns()}", rest=0.02)
    with voting(one):
        more(one, 50, HEALED)
        yield one
        more(one, 50, HEALED)
    until(contest.is_reachable, "a way to the stores", HEALED)
    check_ledger(contest.books, one.ledger, HEALED)


def test_every_pod_is_deleted_in_turn_without_a_last_word(contest: Contest, crowd: Crowd) -> None:
    for namespace in (NAMESPACE, "stores"):
        for pod in contest.pods(namespace=namespace):
            delete(contest, pod)
            more(crowd, 20, HEALED)
    contest.await_all_ready()


def delete(contest: Contest, pod: Pod) -> None:
    """With grace 0: the kernel ends it."""
    told = pod["metadata"]
    contest.node.kubectl("-n", told["namespace"], "delete", "pod", told["name"], "--grace-period=0", "--force")


def test_every_part_is_restarted_one_pod_after_the_other(contest: Contest, crowd: Crowd) -> None:
    contest.roll_out("deployment/grpc-deployment", "deployment/rust-deployment", "deployment/web-deployment",
                     "deployment/consumer-deployment")  # fmt: skip
    assert set(crowd.statuses) <= HONEST, "a pod that leaves is asked no more"
    contest.roll_out("statefulset/redis")
    assert set(crowd.statuses) <= HONEST


def test_a_chart_of_other_values_comes_and_goes(contest: Contest, crowd: Crowd) -> None:
    contest.node.install("--set=settings.queue=10000")
    more(crowd, 20)
    contest.node.helm("rollback", "rockola", "--wait", "--timeout=180s")
    assert set(crowd.statuses) <= HONEST


def test_a_wedged_consumer_is_started_again(contest: Contest, crowd: Crowd) -> None:
    pod = contest.ready("consumer")[0]
    os.kill(contest.node.pid(container_of(pod)), signal.SIGSTOP)
    until(lambda: contest.restarts("consumer") > 0, "a restart by the liveness probe", HEALED)
    more(crowd, 20)
    contest.await_all_ready()


def test_a_consumer_out_of_memory_loses_nothing(contest: Contest, crowd: Crowd) -> None:
    name = contest.ready("consumer")[0]["metadata"]["name"]
    with pytest.raises(Failed):  # it ends with the container
        contest.execute(name, "sh", "-c", HOGS)
    until(lambda: "OOMKilled" in contest.endings("consumer"), "an end by memory", HEALED)
    contest.await_all_ready()


def container_of(pod: Pod) -> str:
    """The id of its only container."""
    (one,) = pod["status"]["containerStatuses"]
    return str(one["containerID"]).rpartition("/")[2]
