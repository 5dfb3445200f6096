"""A vote file through the real gateway into a real log (B-100)."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from rockola.ingest.gateway import Behind, Gateway, serve_gateway
from rockola.ingest.server import Ballot
from rockola.metrics import Metrics
from rockola.opening import open_log_reader, open_log_writer
from rockola.send import DEMO
from rockola.send.manner import Manner, Result
from rockola.send.sender import Sender
from rockola.send.votefile import open_votes
from rockola.settings import Settings
from rockola.vote.body import BodyReader
from rockola.vote.contest import Candidate, Contest
from rockola.vote.rules import Known, judge, read

ALL = Contest()
CLOSED = Contest(catalogue={("alux nahual", "el viaje"): ("Alux Nahual", "El Viaje")})


async def sent(folder: Path, path: Path, batches: Sequence[int], contest: Contest = ALL) -> list[Result]:
    """Sends a file through a gateway, once for each of these sizes of a batch."""
    writer = await open_log_writer(f"sqlite:///{folder}/log.db")
    behind = Behind(Ballot(writer, Metrics()).cast)
    gateway = Gateway(behind, BodyReader(b"secret", contest), Settings(), Metrics())
    results = []
    async with serve_gateway(gateway, "127.0.0.1:0") as address:
        with closing(open_votes(str(path))) as votes:
            for batch in batches:
                sender = Sender(Manner((f"http://{address}/grpc",), batch))
                results.append(await sender.send(votes.ballots(), votes.votes))
    await writer.close()
    return results


def verdicts(folder: Path) -> Counter[str]:
    """What the rules say of everything in the log."""
    with closing(open_log_reader(f"sqlite:///{folder}/log.db")) as reader:
        entries = reader.read(0, 0, 10_000).entries
    return Counter(judged.verdict.value for judged in judge(read(entries), Known({}, {}), ALL))


@pytest.mark.parametrize("batch", [1, 100, 1000])
def test_the_demo_is_accepted_whatever_the_batch(tmp_path: Path, batch: int) -> None:
    assert asyncio.run(sent(tmp_path, DEMO, [batch]))[0][:4] == (1010, 0, 0, 0)


def test_b100_a_file_sent_twice_counts_once(tmp_path: Path) -> None:
    asyncio.run(sent(tmp_path, DEMO, [100, 1]))
    assert verdicts(tmp_path) == {"counted": 1010, "duplicate": 1010}


@pytest.mark.parametrize("batch", [1, 100])
def test_what_the_gateway_refuses_is_refused(tmp_path: Path, batch: int) -> None:
    assert asyncio.run(sent(tmp_path, DEMO, [batch], CLOSED))[0][:4] == (250, 760, 0, 0)


def test_b99_a_formula_arrives_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "votes").write_text("name,album,year,rank\n=cmd|' /C calc'!A0,El Viaje,2011,8.6\n")
    asyncio.run(sent(tmp_path, tmp_path / "votes", [1]))
    assert candidate(tmp_path) == ("=cmd|' /C calc'!A0", "El Viaje")


def candidate(folder: Path) -> Candidate:
    """The candidate of the first vote in the log."""
    with closing(open_log_reader(f"sqlite:///{folder}/log.db")) as reader:
        record = read(reader.read(0, 0, 1).entries)[0].record
    assert record is not None
    return record.vote.name, record.vote.album
