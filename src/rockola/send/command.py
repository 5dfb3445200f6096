"""The command `rockola send`."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer
from rich.console import Console
from typer import Argument, Option

from rockola.send.job import Job
from rockola.send.listeners import Ledger, Report
from rockola.send.manner import DOORS, Manner
from rockola.send.sender import Sender
from rockola.send.show import Shown
from rockola.send.votefile import VoteFile, ignore, open_votes
from rockola.vote.model import Door

Opening = Callable[..., VoteFile]

Files = Annotated[list[str], Argument(metavar="FILE...", help="Vote files; - is what is piped in.")]
OwnDoors = Annotated[
    list[Door],
    Option("--door", help="Which door of this machine; several have their shares in turn. (grpc)", show_default=False),
]
Urls = Annotated[
    list[str], Option("--url", help="Another door, as http://host:port/path; also several.", show_default=False)
]
Batch = Annotated[int, Option(help="Votes a request; 1 sends each by itself.")]
Connections = Annotated[int, Option(help="Requests under way at once.")]
Rate = Annotated[float, Option(help="Votes a second; 0 is as fast as it goes.")]
Patience = Annotated[float, Option(help="Seconds in which no vote is settled until the rest is given up.")]
SkipBad = Annotated[bool, Option("--skip-bad", help="Send the good rows of a file with bad ones.")]
MaxBad = Annotated[int, Option(min=0, help="Bad rows a file may have with --skip-bad.")]
MaxSize = Annotated[
    int | None, Option(min=1, help="Bytes a file may have; without it, only what gzip unpacks to is limited: 256 MiB.")
]
ReportTo = Annotated[Path | None, Option("--report", help="Write each bad or refused row here, as NDJSON.")]
LedgerTo = Annotated[
    Path | None, Option("--ledger", help="Append each vote here before it is sent and once it is settled, as NDJSON.")
]


def send(  # noqa: PLR0913 # a flag each
    files: Files,
    *,
    door: OwnDoors = [],  # noqa: B006 # read only
    url: Urls = [],  # noqa: B006
    batch: Batch = Manner.batch,
    connections: Connections = Manner.connections,
    rate: Rate = Manner.rate,
    patience: Patience = Manner.patience,
    skip_bad: SkipBad = False,
    max_bad: MaxBad = 10,
    max_size: MaxSize = None,
    report: ReportTo = None,
    ledger: LedgerTo = None,
) -> None:
    """Send vote files to a door. Each row counts once, however often the file is sent.

    A FILE is a JSON array or lines of objects with name, album, year and rank (perhaps id and voter), or CSV with
    these columns, in UTF-8; it may be packed by gzip. Any size is read with little memory.

    All files are checked first: a bad row is named with its line, and nothing is sent. A vote without an id gets one
    from the file's digest and its row, so that sending again, after a crash or by mistake, changes nothing. A vote
    whose outcome is unknown is repeated with the same id until the door answers.

    Exit: 0 every row was accepted, 1 some were not, 2 a file or an option is wrong, 130 it was interrupted.

    \b
    rockola send votes.json
    rockola send --door grpc --door rust --rate 500 friday.csv saturday.ndjson.gz
    rockola send --skip-bad --max-bad 10 --report bad.ndjson votes.csv
    zcat votes.ndjson.gz | rockola send --url https://contest.example/grpc -
    """
    urls = (*(DOORS[each] for each in door), *url)
    manner = _manner(urls or Manner.urls, batch, connections, rate, patience)
    check = partial(open_votes, max_bad=max_bad if skip_bad else 0, limit=max_size)
    raise typer.Exit(_run([partial(check, path) for path in files], manner, report, ledger))


def _run(openings: Sequence[Opening], manner: Manner, report: Path | None, ledger: Path | None) -> int:
    with ExitStack() as stack:
        shown = stack.enter_context(Shown(Console(stderr=True)).shown())
        reports = [Report(_file(stack, report, "wb"))] if report else []
        ledgers = [Ledger(_file(stack, ledger, "ab"))] if ledger else []
        on_bad = reports[0].bad if reports else ignore
        job = Job(Sender(manner, [*ledgers, *reports, shown]), shown)
        return job.run([partial(opening, on_bad=on_bad) for opening in openings])


def _manner(urls: tuple[str, ...], batch: int, connections: int, rate: float, patience: float) -> Manner:
    try:
        return Manner(urls, batch, connections, rate, patience)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _file(stack: ExitStack, path: Path, mode: str) -> BinaryIO:
    try:
        return stack.enter_context(cast(BinaryIO, path.open(mode, buffering=0)))
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}") from error
