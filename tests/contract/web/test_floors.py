"""What the archive knows of the count is asked beside the readers of the results."""

import time
from contextlib import closing

from rockola.opening import open_archive
from rockola.web.floors import AGE, Floors
from running import until
from services import Own


def asked(floors: Floors) -> float:
    """How many seconds an answer takes."""
    began = time.monotonic()
    floors.known()
    return time.monotonic() - began


def test_an_archive_that_hangs_holds_nobody_up_and_is_heard_again(own: Own) -> None:
    server = own("mongo")
    with closing(open_archive(f"{server.url}/votes")) as archive:
        archive.bind("g")
        floors = Floors(archive)
        assert floors.known() == ("g", {})
        server.pause()
        time.sleep(AGE)
        assert max(asked(floors) for _ in range(300)) < 0.5
        server.resume()
        archive.checkpoint(0, 7)
        until(lambda: floors.known() == ("g", {0: 7}), "the checkpoint")
