"""The chart as it was just installed: every pod at work, and votes through both doors counted."""

import json
from pathlib import Path
from time import time_ns

from audit import check_archive, check_verified
from cluster.contest import MINUTES, Contest, is_ready, part_of
from running import fetch, run, until

ALBUMS = ("Ash", "Bell", "Cedar")
ROWS = 1200


def test_every_pod_is_ready(contest: Contest) -> None:
    """Those also that an autoscaler adds meanwhile."""
    until(lambda: all(map(is_ready, contest.pods())), "every pod ready", MINUTES)
    assert len({part_of(pod) for pod in contest.pods()}) == 6  # the doors, the consumer, the pages, Redis, Prometheus
    assert len(contest.ready("consumer")) >= 2


def test_a_vote_through_each_service_is_read_back(contest: Contest) -> None:
    assert "Phase:          Succeeded" in contest.node.helm("test", "rockola", "--logs", "--timeout=120s")


def test_a_vote_file_through_both_doors_counts_exactly(contest: Contest, tmp_path: Path) -> None:
    band = f"Band {time_ns()}"
    votes = [{"name": band, "album": ALBUMS[number % 3], "year": 2000, "rank": number % 11} for number in range(ROWS)]
    (file := tmp_path / "votes.json").write_text(json.dumps(votes))
    done = run("send", str(file), *(f"--url=http://{door}" for door in contest.doors))
    assert done.returncode == 0, done.stderr
    until(lambda: votes_of(contest, band) == dict.fromkeys(ALBUMS, ROWS // 3), "the exact results")
    check_archive(contest.books)
    check_verified(contest.books)


def test_verify_in_a_pod_agrees(contest: Contest) -> None:
    assert "say the same" in contest.execute("deployment/consumer-deployment", "rockola", "verify")


def votes_of(contest: Contest, band: str) -> dict[str, int]:
    """What the pages say of each of its albums."""
    found = json.loads(fetch(contest.pages, "/api/results"))["candidates"]
    return {one["album"]: one["votes"] for one in found if one["name"] == band}
