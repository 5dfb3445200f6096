"""Lets a consumer work until it is told to stop: waits when there is nothing to do or a service is away."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event

import structlog

from rockola.consumer import BATCH, Consumer
from rockola.eventlog import LogReader
from rockola.failpoints import failpoint
from rockola.metrics import Metrics
from rockola.vote.errors import TooManyUnreadable, Unavailable
from rockola.vote.model import Judged, Verdict

LOOK_AGAIN = 1.0  # seconds: a tally that is wiped while nobody votes is noticed within
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)  # seconds between tries while a service is away
ATTENTION = 0.1  # seconds between two times that the log hears of its reader while tallies are rebuilt
ROUND = 0.03  # seconds of a round at least, for votes to come together: a step costs as much for one as for many
HANDS = 8  # partitions that are counted at once
READ, LOST = "read", "lost"  # the points of a step up to which it needs the reader
MOVED = (READ, "archived")  # the last point of a step that was refused because the position had moved
IDLE = "looked"  # the last point of a step that found nothing new

log = structlog.get_logger()


class Counting:
    """A consumer at work in a thread of its own."""

    def __init__(self, consumer: Consumer, reader: LogReader, metrics: Metrics) -> None:
        self._consumer, self._reader, self._metrics = consumer, reader, metrics
        self._stop = Event()
        self._at_once = True  # where rounds are long, and wait more than they work; else threads only cost
        self._stopped: set[int] = set()
        self._failures = Counter[int]()  # tries in a row that were put off, by partition
        self._again: dict[int, float] = {}  # when a partition that was put off is tried again

    @property
    def is_ready(self) -> bool:
        """Whether every partition is counted as it should be."""
        return not self._stopped and not self._again

    def stop(self) -> None:
        """Ends `run` after the step under way."""
        self._stop.set()
        self._reader.wake()

    def run(self) -> None:
        """Counts until it is stopped; BrokenPromise ends it, since going on would count wrongly."""
        with ThreadPoolExecutor(HANDS, "counting") as hands:
            while not self._stop.is_set():
                began = time.monotonic()
                advanced = [self._settle(step) for step in self._walk(self._due(), hands)]
                if self._again:
                    self._stop.wait(PAUSES[0])
                elif not any(advanced):
                    self._reader.wait(LOOK_AGAIN)
                elif max(advanced) < BATCH:
                    self._stop.wait(began + ROUND - time.monotonic())

    def _walk(self, partitions: Sequence[int], hands: ThreadPoolExecutor) -> Iterator["_Walk"]:
        """A step of each as it ends: one after the other while they read, which the reader wants, then perhaps at once.

        That a service is away is found out slowly, and is not kept back until it was found for all partitions.
        """
        under_way, lost = list[_Walk](), list[_Walk]()
        for partition in partitions:
            step = _Walk(self._consumer, partition)
            step.go(READ, LOST)
            if step.point == READ:
                under_way.append(step)
            elif step.point == LOST:
                lost.append(step)
            else:
                yield step
        yield from self._count(under_way, hands)
        yield from self._rebuild(lost, hands)

    def _count(self, under_way: Sequence["_Walk"], hands: ThreadPoolExecutor) -> Iterator["_Walk"]:
        """The rest of steps that have read."""
        at_once, began = self._at_once and len(under_way) > 1, time.monotonic()
        ends = [hands.submit(step.go).result if at_once else step.go for step in under_way]
        for step, end in zip(under_way, ends, strict=True):
            end()
            yield step
        if under_way:
            took, enough = time.monotonic() - began, ROUND / 3 if self._at_once else ROUND
            self._at_once = took > enough and sum(step.busy for step in under_way) < took / 2

    def _rebuild(self, lost: Sequence["_Walk"], hands: ThreadPoolExecutor) -> Iterator["_Walk"]:
        """The rest of steps that rebuild, at once. A reader that is silent for minutes would lose its partitions."""
        under_way = {hands.submit(step.go): step for step in lost}
        while under_way:
            ended, _ = wait(under_way, ATTENTION, FIRST_COMPLETED)
            for end in ended:
                yield under_way.pop(end)
            self._reader.wait(0)

    def _due(self) -> list[int]:
        """The partitions that are this consumer's to count, but for those that are to be tried later."""
        owned, now = set(self._reader.owned()), time.monotonic()
        for gone in [one for one in self._consumer.reached if one not in owned]:
            del self._consumer.reached[gone]
            self._metrics.lag.remove(gone)  # another consumer tells them now
            self._metrics.position.remove(gone)
        self._again = {one: at for one, at in self._again.items() if one in owned}
        self._metrics.owned.set(len(owned))
        return [one for one in sorted(owned - self._stopped) if self._again.get(one, 0) <= now]

    def _settle(self, step: "_Walk") -> int:
        """How many records a step took; at least 1 when there may be more to do at once."""
        partition, point, counted = step.partition, step.point, step.counted
        if isinstance(step.error, Unavailable):
            self._put_off(partition, step.error)
        elif isinstance(step.error, TooManyUnreadable):
            self._give_up(partition, step.error)
        elif step.error is not None:
            raise step.error
        else:
            if counted or point == IDLE:
                self._failures.pop(partition, None)
                self._again.pop(partition, None)
            self._tell(step)
        return 0 if point == IDLE else max(1, len(counted))

    def _put_off(self, partition: int, error: Unavailable) -> None:
        service = str(error)
        self._tell_lag(partition)
        self._metrics.unavailable.labels(service).inc()
        if not self._failures[partition]:
            log.warning("unavailable", service=service, partition=partition, cause=str(error.__cause__))
        pause = PAUSES[min(self._failures[partition], len(PAUSES) - 1)]
        self._again[partition] = time.monotonic() + pause
        self._failures[partition] += 1

    def _give_up(self, partition: int, error: TooManyUnreadable) -> None:
        self._stopped.add(partition)
        self._metrics.stopped.labels(partition).set(1)
        log.error("partition_stopped", partition=partition, reason=str(error))

    def _tell(self, step: "_Walk") -> None:
        self._metrics.moved.inc(step.point in MOVED)
        self._metrics.rebuilds.inc(step.point == "rebuilt")
        if step.counted:
            self._tell_counted(step.counted)
            self._metrics.step_seconds.observe(step.ended - step.began)
        self._tell_lag(step.partition)

    def _tell_lag(self, partition: int) -> None:
        """Also while a service is away: that is when it grows."""
        if (reached := self._consumer.reached.get(partition)) is None:
            return
        self._metrics.position.labels(partition).set(reached)
        with suppress(Unavailable):  # the log itself
            self._metrics.lag.labels(partition).set(self._reader.end(partition) - reached)

    def _tell_counted(self, counted: list[Judged]) -> None:
        for verdict, number in Counter(one.verdict for one in counted).items():
            self._metrics.judged.labels(verdict).inc(number)
        newest = max((one.record.at for one in counted if one.record and one.verdict is Verdict.COUNTED), default=None)
        if newest is not None:
            self._metrics.newest.set(newest / 1000)


class _Walk:
    """A step under way: the last point that it passed, what it counted, and what ended it before its end."""

    def __init__(self, consumer: Consumer, partition: int) -> None:
        self.partition, self.point, self.counted = partition, "", list[Judged]()
        self.began = self.ended = time.monotonic()
        self.busy = 0.0  # seconds of the processor, on the last thread
        self.error: Exception | None = None
        self._points = consumer.step(partition, self.counted)

    def go(self, *until: str) -> None:
        """Goes on to one of these points, or to the end, on any thread."""
        spent = time.thread_time()
        try:
            for point in self._points:
                self.point = point
                failpoint(f"consumer.{point}")
                if point in until:
                    break
        except Exception as error:  # raised where steps end, on the thread of all
            self.error = error
        self.ended, self.busy = time.monotonic(), time.thread_time() - spent
