"""A system at work while a crowd votes: what most faults happen to."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from audit import check_ledger
from books import Books
from running import Process
from voters import Crowd
from witness import Witness

Launch = Callable[..., Process]


@contextmanager
def voting(data: Path, launch: Launch, rng: random.Random) -> Iterator[Process]:
    """Everything at work while a crowd votes; its promises are audited in the end."""
    up = launch().start()
    crowd, witness = Crowd([up.address("gateway")], rng), Witness(up.address("web"))
    thread = Thread(target=lambda: asyncio.run(crowd.vote()))
    thread.start()
    try:
        yield up
    finally:
        crowd.going = False
        thread.join()
        witness.stop()
    witness.check()
    check_ledger(Books.embedded(data), crowd.ledger)
    assert "Traceback" not in up.errors.read_text()
