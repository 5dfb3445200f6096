"""Every name a dashboard may use, with its labels and its sentence."""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from rockola.vote.model import Door, Verdict

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12)
VOTES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Metrics:
    """The metrics of one process; counters are raised once a batch, never once a vote."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._looks: list[Callable[[], None]] = []
        ProcessCollector(registry=self.registry)
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry)
        self.answers = counter("rockola_answers_total", "HTTP answers of the gateway.", ["code"])
        self.answer_seconds = histogram(
            "rockola_answer_seconds", "From a batch's first vote to its answers.", buckets=SECONDS
        )
        self.connections = gauge("rockola_connections", "Open HTTP connections.")
        self.queued = gauge("rockola_queued_votes", "Votes a gateway holds without an answer.")
        self.batch_votes = histogram("rockola_batch_votes", "Votes a gateway sends at once.", buckets=VOTES)
        self.appended = counter("rockola_appended_total", "Votes the log acknowledged.", ["door"])
        self.refused = counter("rockola_refused_total", "Votes a server refused.", ["code"])
        self.unknown = counter("rockola_unknown_total", "Votes whose append ended without an answer.")
        self.append_seconds = histogram("rockola_append_seconds", "An append to the log.", buckets=SECONDS)
        self.judged = counter("rockola_judged_total", "Records given a verdict.", ["verdict"])
        self.position = gauge("rockola_position", "Position counted up to.", ["partition"])
        self.lag = gauge("rockola_lag", "Records between position and end of the log.", ["partition"])
        self.owned = gauge("rockola_owned_partitions", "Partitions this consumer counts now.")
        self.moved = counter("rockola_moved_total", "Steps refused because the position had moved.")
        self.rebuilds = counter("rockola_rebuilds_total", "Tallies rebuilt from the archive.")
        self.step_seconds = histogram("rockola_step_seconds", "A consumer's step.", buckets=SECONDS)
        self.unavailable = counter("rockola_unavailable_total", "Steps put off.", ["service"])
        self.stopped = gauge("rockola_partition_stopped", "1 when a partition was stopped.", ["partition"])
        self.newest = gauge("rockola_newest_vote_seconds", "Receive time of the newest counted vote, Unix.")
        self.streams = gauge("rockola_streams", "Readers of the results stream.")
        self.candidate = gauge("rockola_candidate_votes", "Votes of a leading candidate.", ["name", "album"])
        self._begin()

    def before_telling(self, look: Callable[[], None]) -> None:
        """Calls `look` each time the metrics are asked for: what it sets is as old as the answer."""
        self._looks.append(look)

    def told(self) -> bytes:
        """All of them as Prometheus reads them; any thread. May wait for what is looked at."""
        for look in self._looks:
            look()
        return generate_latest(self.registry)

    def _begin(self) -> None:
        """Counts that are told from the start: a rate or an increase misses what a series begins with."""
        for known in (
            *(self.answers.labels(code) for code in ("202", "503")),
            *(self.appended.labels(door.value) for door in Door),
            *(self.judged.labels(verdict.value) for verdict in Verdict),
            *(self.unavailable.labels(store) for store in ("log", "tally", "archive")),
        ):
            known.inc(0)
