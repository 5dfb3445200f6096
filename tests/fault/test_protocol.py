"""The counting protocol: any schedule of votes, crashes, zombies, rewound and wiped tallies counts each vote once."""

import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oracle import check_end, check_moment
from rockola.vote.model import Vote
from world import PARTITIONS, World

MEMORY = Path("/dev/shm")  # noqa: S108 # thousands of commits: a disk adds nothing to the question
FOLDER = str(MEMORY) if MEMORY.is_dir() else None
partitions = st.integers(0, PARTITIONS - 1)
voters = st.sampled_from(["", *(f"{number:032x}" for number in range(8))])
ids = st.sampled_from(["", *(f"id-number-{number}" for number in range(12))])
albums = st.sampled_from(["a", "b", "c", "unknown"])
votes = st.builds(Vote, st.just("band"), albums, st.just(2000), st.just(500), ids, voters)


class Counted(RuleBasedStateMachine):
    """Rules are what may happen; the invariant holds after each, and all is exact once it has settled."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER))
        self.world = World(self.folder, random.Random(0))

    @rule(vote=votes, skip=st.sampled_from([0, 0, 0, 1]))
    def vote(self, vote: Vote, skip: int) -> None:
        self.world.produce(vote, skip)

    @rule(vote=votes, album=albums)
    def repeat(self, vote: Vote, album: str) -> None:
        for one in (vote, Vote(vote.name, album, vote.year, vote.rank, vote.id, vote.voter)):
            self.world.produce(one)

    @rule(partition=partitions, points=st.integers(1, 8))
    def advance(self, partition: int, points: int) -> None:
        for _ in range(points):
            self.world.advance(partition)

    @rule(partition=partitions)
    def kill(self, partition: int) -> None:
        self.world.kill(partition)

    @rule(partition=partitions)
    def die_while_keeping(self, partition: int) -> None:
        self.world.archive.chance = 1.0
        for _ in range(6):
            self.world.advance(partition)
        self.world.archive.chance = 0.0

    @rule(partition=partitions)
    def pause(self, partition: int) -> None:
        self.world.pause(partition)

    @precondition(lambda self: self.world.zombies)
    @rule(choice=st.integers(0, 100))
    def resume(self, choice: int) -> None:
        self.world.resume(choice % len(self.world.zombies))

    @rule()
    def copy_the_tally(self) -> None:
        self.world.take_copy()

    @rule()
    def rewind_the_tally(self) -> None:
        self.world.rewind()

    @rule(partition=partitions)
    def wipe_the_tally(self, partition: int) -> None:
        self.world.wipe(partition)

    @rule()
    def settle(self) -> None:
        self.world.settle()
        check_end(self.world)

    @invariant()
    def the_tally_is_the_archives_recount(self) -> None:
        check_moment(self.world)

    def teardown(self) -> None:
        try:
            self.settle()
            self.world.rewind()  # when nobody votes any more
            self.settle()
        finally:
            self.world.close()
            shutil.rmtree(self.folder)


TestCounted = Counted.TestCase
TestCounted.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
