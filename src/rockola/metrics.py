"""Every name a dashboard may use, with its labels and its sentence."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12)
VOTES = (1, 2, 5, 10, 20, 50, 100, 200, 512)


class Metrics:
    """The metrics of one process; counters are raised once a batch, never once a vote."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = {"registry": self.registry}
        self.answers = Counter("rockola_answers_total", "HTTP answers of the gateway.", ["code"], **own)
        self.answer_seconds = Histogram(
            "rockola_answer_seconds", "From a batch's first vote to its answers.", buckets=SECONDS, **own
        )
        self.connections = Gauge("rockola_connections", "Open HTTP connections.", **own)
        self.queued = Gauge("rockola_queued_votes", "Votes a gateway holds without an answer.", **own)
        self.batch_votes = Histogram("rockola_batch_votes", "Votes a gateway sends at once.", buckets=VOTES, **own)
        self.appended = Counter("rockola_appended_total", "Votes the log acknowledged.", ["door"], **own)
        self.refused = Counter("rockola_refused_total", "Votes a server refused.", ["code"], **own)
        self.unknown = Counter("rockola_unknown_total", "Votes whose append ended without an answer.", **own)
        self.append_seconds = Histogram("rockola_append_seconds", "An append to the log.", buckets=SECONDS, **own)
        self.judged = Counter("rockola_judged_total", "Records given a verdict.", ["verdict"], **own)
        self.position = Gauge("rockola_position", "Position counted up to.", ["partition"], **own)
        self.lag = Gauge("rockola_lag", "Records between position and end of the log.", ["partition"], **own)
        self.moved = Counter("rockola_moved_total", "Steps refused because the position had moved.", **own)
        self.rebuilds = Counter("rockola_rebuilds_total", "Tallies rebuilt from the archive.", **own)
        self.step_seconds = Histogram("rockola_step_seconds", "A consumer's step.", buckets=SECONDS, **own)
        self.unavailable = Counter("rockola_unavailable_total", "Steps put off.", ["service"], **own)
        self.stopped = Gauge("rockola_partition_stopped", "1 when a partition was stopped.", ["partition"], **own)
        self.newest = Gauge("rockola_newest_vote_seconds", "Receive time of the newest counted vote, Unix.", **own)
        self.streams = Gauge("rockola_streams", "Readers of the results stream.", **own)
