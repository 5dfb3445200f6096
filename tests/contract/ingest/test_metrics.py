"""What a gateway and its server tell of themselves: every answer once, by its status."""

import asyncio
from pathlib import Path

from contract.ingest.wire import VOTE, get, post
from rockola.ingest.gateway import Behind, Gateway, serve_gateway
from rockola.ingest.server import Ballot
from rockola.metrics import Metrics
from rockola.opening import open_log_writer
from rockola.settings import Settings
from rockola.vote.body import BodyReader
from rockola.vote.contest import Contest

REQUESTS = (
    post(target="/grpc") * 3,
    post(b"{}", "/grpc"),
    get("/nowhere"),
    post(b"[" + b",".join([VOTE] * 5) + b"]", "/grpc/votes"),
    b"BREW / HTTP/1.1\r\n\r\n",
)
WANTED = {
    ("rockola_answers_total", ("code", "202")): 4,
    ("rockola_answers_total", ("code", "422")): 1,
    ("rockola_answers_total", ("code", "404")): 1,
    ("rockola_answers_total", ("code", "400")): 1,
    ("rockola_appended_total", ("door", "grpc")): 8,
    ("rockola_batch_votes_sum",): 8,
    ("rockola_queued_votes",): 0,
    ("rockola_connections",): 0,
}


async def told(path: Path) -> dict[tuple[object, ...], float | None]:
    """The metrics after the requests, on one connection."""
    metrics = Metrics()
    writer = await open_log_writer(f"sqlite:///{path}")
    gateway = Gateway(Behind(Ballot(writer, metrics).cast), BodyReader(b"secret", Contest()), Settings(), metrics)
    async with serve_gateway(gateway, "127.0.0.1:0") as address:
        host, _, port = address.rpartition(":")
        reading, writing = await asyncio.open_connection(host, int(port))
        writing.writelines(REQUESTS)
        await reading.read()
        writing.close()
        await writing.wait_closed()
    await writer.close()
    return {key: metrics.registry.get_sample_value(key[0], dict(key[1:])) for key in WANTED}


def test_every_answer_and_every_vote_is_told_once(tmp_path: Path) -> None:
    assert asyncio.run(told(tmp_path / "log.db")) == WANTED
