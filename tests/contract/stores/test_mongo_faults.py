"""The archive in MongoDB while its server dies, hangs and comes back: F-10, F-13."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from threading import Event

import pytest

from building import counted
from rockola.archive import Archive, Query
from rockola.opening import open_archive
from rockola.vote.errors import Unavailable
from rockola.vote.model import Place
from running import until
from services import Own
from tools.services.process import Service

LOG = "abcdefghijklmnopqrstuv"
ASKED: dict[str, Callable[[Archive], object]] = {
    "bind": lambda archive: archive.bind(LOG),
    "generation": lambda archive: archive.generation(),
    "keep": lambda archive: archive.keep(0, [counted(9)]),
    "checkpoint": lambda archive: archive.checkpoint(0, 1),
    "checkpoints": lambda archive: archive.checkpoints(),
    "page": lambda archive: archive.page(Query({}), None, 1),
    "summary": lambda archive: archive.summary(Query({})),
    "get": lambda archive: archive.get(Place(LOG, 0, 0)),
}


@pytest.fixture
def server(own: Own) -> Service:
    """A server of this test's own."""
    started = own("mongo")
    assert isinstance(started, Service)
    return started


@pytest.fixture
def archive(server: Service) -> Iterator[Archive]:
    with closing(open_archive(f"{server.url}/votes")) as opened:
        opened.bind(LOG)
        yield opened


@pytest.fixture
def impatient(server: Service) -> Iterator[Archive]:
    with closing(open_archive(f"{server.url}/votes?timeoutMS=1000")) as opened:
        opened.bind(LOG)
        yield opened


def kept(archive: Archive) -> list[int]:
    return [one.offset for judged in archive.replay(0, 0, 10**9) for one in judged]


def keeps(archive: Archive, offset: int) -> bool:
    try:
        archive.keep(0, [counted(offset)])
    except Unavailable:
        return False
    return True


def test_what_was_kept_survives_each_kill_and_the_archive_goes_on_by_itself(server: Service, archive: Archive) -> None:
    acknowledged, stop = list[int](), Event()

    def keep_on() -> None:
        for offset in count():
            until(lambda offset=offset: keeps(archive, offset), "the archive again")
            acknowledged.append(offset)
            if stop.is_set():
                return

    with ThreadPoolExecutor() as threads:
        keeping = threads.submit(keep_on)
        for _ in range(2):
            enough = len(acknowledged) + 50
            until(lambda enough=enough: len(acknowledged) >= enough, "fifty more votes")
            server.kill()
            server.start()
        stop.set()
        keeping.result()
    assert kept(archive) == acknowledged


def test_a_replay_that_is_cut_off_says_so(server: Service, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rockola.archive.mongo.BATCH", 10)  # of which one more may have come before
    archive.keep(0, [counted(offset) for offset in range(50)])
    batches = archive.replay(0, 0, 50)
    next(batches)
    server.kill()
    server.start()
    with pytest.raises(Unavailable):
        list(batches)
    assert kept(archive) == list(range(50))


def test_a_server_that_hangs_is_unavailable_in_time_whatever_is_asked(server: Service, impatient: Archive) -> None:
    server.pause()
    with ThreadPoolExecutor() as threads:
        took = dict(
            zip(ASKED, threads.map(lambda ask: unavailable(lambda: ask(impatient)), ASKED.values()), strict=True)
        )
    server.resume()
    assert {name: seconds for name, seconds in took.items() if seconds > 4} == {}
    until(lambda: keeps(impatient, 9), "the archive again")


def test_a_server_that_is_not_there_is_unavailable_in_time(server: Service, impatient: Archive) -> None:
    server.kill()
    assert unavailable(lambda: impatient.keep(0, [counted(0)])) < 4
    assert unavailable(lambda: open_archive(f"{server.url}/votes?timeoutMS=1000")) < 4
    assert unavailable(lambda: kept(impatient)) < 10


def unavailable(ask: Callable[[], object]) -> float:
    """How many seconds it took to say so."""
    began = time.monotonic()
    with pytest.raises(Unavailable, match="archive"):
        ask()
    return time.monotonic() - began
