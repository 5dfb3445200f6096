"""The command line: `rockola up` and its parts, and what one does with them."""

import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import structlog
import typer
from rich.markup import escape
from rich.table import Table

from rockola.app import PARTS, contest_of, require_data, start, totals_of
from rockola.checked import Checked, leave
from rockola.demo import demonstrated
from rockola.doctor import Symptom, symptoms_of
from rockola.findings import Grade
from rockola.flags import FAILED, err, out, settable
from rockola.opening import create_log, open_tally
from rockola.probe import probe
from rockola.send.command import send
from rockola.settings import Settings
from rockola.urls import without_secrets
from rockola.verify import Only
from rockola.verify import verify as compare
from rockola.web.results import Results, tabulate
from rockola.web.watch import stamp
from rockola.wrong import WrongSetting

STORES = ("data", "log", "tally", "archive", "contest")
SHARED = (*STORES, "create_topic", "group_protocol", "allow_volatile")
WATCHED = ("metrics_listen", "drain")
DOOR = ("gateway_listen", "queue", "connections", "address_rate", "voter_rate", "hosts", "trusted_proxies")
BALLOT = ("server_listen", "reflection")
PAGES = ("web_listen", "trusted_proxies")
USED = {
    "up": ("log", "tally", "archive"),
    "gateway": (),
    "server": ("log",),
    "consumer": ("log", "tally", "archive"),
    "web": ("tally", "archive"),
}
METRICS_PORTS = {"gateway": 9100, "server": 9101, "consumer": 9102, "web": 9103}

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
GRADES = {Grade.GOOD: "green", Grade.RISKY: "yellow", Grade.BROKEN: "red"}


@cli.command()
@settable(*SHARED, *DOOR, *BALLOT, "rust_listen", *PAGES, *WATCHED, "unreadable_limit")
def up(settings: Settings) -> None:
    """Run everything in one process: gateway, server, consumer and pages, until Ctrl-C.

    Votes, counts and archive are files in the data folder, unless URLs name other stores. Kill it at any moment and
    start it again: what was acknowledged is counted, once. A gateway in Rust runs beside it where it was built.
    """
    start(settings, PARTS, announce(settings))


@cli.command()
@settable(*DOOR, "data", "contest", "server", *WATCHED)
def gateway(settings: Settings) -> None:
    """Run the gateway alone: HTTP in, gRPC out to a server.

    Needs the same secret as the server and every other gateway: ROCKOLA_SECRET, or the same data folder.
    """
    alone("gateway", settings)


@cli.command()
@settable(*BALLOT, "data", "log", "contest", "create_topic", *WATCHED)
def server(settings: Settings) -> None:
    """Run the server alone: takes votes over gRPC (rockola.v1.Ballot) and appends them to the log."""
    alone("server", settings)


@cli.command()
@settable(*STORES, "group_protocol", "allow_volatile", *WATCHED, "unreadable_limit")
def consumer(settings: Settings) -> None:
    """Run a consumer alone: reads the log, gives verdicts, archives and counts. Any number may run."""
    alone("consumer", settings)


@cli.command()
@settable(*STORES, "allow_volatile", *PAGES, *WATCHED)
def web(settings: Settings) -> None:
    """Run the pages alone: live results and their API, over a tally and an archive."""
    alone("web", settings)


@cli.command()
@settable(*STORES)
def verify(
    settings: Settings,
    archive_only: Annotated[bool, typer.Option("--archive-only", help="Leave out the log.")] = False,
    log_only: Annotated[bool, typer.Option("--log-only", help="Leave out the archive.")] = False,
) -> None:
    """Recount the log and the archive, and compare with the tally. Works while votes are counted.

    Exit: 0 when all say the same, 1 with the first difference of each kind.
    """
    if archive_only and log_only:
        raise WrongSetting("Give --archive-only or --log-only: together they leave nothing to recount.")
    only: Only | None = "archive" if archive_only else "log" if log_only else None
    stores = [settings.url(name) for name in ("log", "archive", "tally")]
    report = compare(stores[0], stores[1], stores[2], contest_of(settings), only)
    read = ", ".join(f"{partition}.{position}" for partition, position in sorted(report.positions.items()))
    out.print(f"Recounted up to {read or 'nothing'}: ", end="")
    out.print(", ".join(f"{number:,} {verdict}" for verdict, number in report.verdicts.items() if number) or "no votes")
    for difference in report.differences:
        err.print(f"[red]{difference}[/]", highlight=False, soft_wrap=True)
    positions = {str(partition): position for partition, position in report.positions.items()}
    leave(settings.data, Checked(report.generation, positions, stamp(time.time()), not report.differences))
    if report.differences:
        raise typer.Exit(FAILED)
    compared = ", ".join(report.compared).capitalize()
    out.print(f"[green]{compared} and tally say the same.[/]")


@cli.command()
@settable(*STORES)
def results(
    settings: Settings, as_json: Annotated[bool, typer.Option("--json", help="As /api/results gives it.")] = False
) -> None:
    """Show the results as they are now."""
    now = tabulate(totals_of(settings), "live", stamp(time.time()))
    out.print_json(json.dumps(asdict(now))) if as_json else out.print(table_of(now))


@cli.command()
@settable(*STORES)
def reveal(settings: Settings) -> None:
    """Show everybody the results of a contest whose file hides them. It cannot be taken back."""
    require_data(settings, "tally")
    with closing(open_tally(settings.url("tally"))) as tally:
        if not tally.reveal():
            err.print("[red]Nothing is counted yet, so there is nothing to reveal.[/]")
            raise typer.Exit(FAILED)
    out.print("[green]The results are for everybody now.[/]")


@cli.command()
@settable(*DOOR, *BALLOT, "rust_listen", *PAGES, *WATCHED)
def demo(settings: Settings) -> None:
    """Run everything on a fresh data folder, with a vote file being sent: watch it count."""
    with demonstrated(settings, announce) as (own, show):
        start(own, PARTS, show)


@cli.command()
@settable(*STORES, "allow_volatile")
def doctor(settings: Settings) -> None:
    """Examine the settings of log, tally and archive that are part of the promise, and whether they belong together.

    Exit: 0 when the promise holds, 1 when something would break it; the table says what to change.
    """
    require_data(settings, "log", "tally", "archive")
    symptoms = symptoms_of(settings, contest_of(settings))
    out.print(table_of_symptoms(symptoms))
    if any(each.finding.grade is Grade.BROKEN for each in symptoms):
        raise typer.Exit(FAILED)


topic = typer.Typer(help="The log's topic in Kafka.", no_args_is_help=True)
cli.add_typer(topic, name="topic")


@topic.command()
@settable("data", "log")
def create(settings: Settings) -> None:
    """Make the topic of the log, with the settings that the promise needs; nothing happens when it is there."""
    url = settings.url("log")
    out.print(f"The log {without_secrets(url)} is {create_log(url)}.", highlight=False, soft_wrap=True)


def table_of_symptoms(symptoms: list[Symptom]) -> Table:
    """What was found, and what to change."""
    table = Table(title="The stores, and the promise")
    for heading in ("store", "setting", "is", "", "what to change"):
        table.add_column(heading, overflow="fold")
    for store, (setting, found, grade, advice) in symptoms:
        table.add_row(store, setting, escape(found), f"[{GRADES[grade]}]{grade}[/]", escape(advice))
    return table


def alone(part: str, settings: Settings) -> None:
    """Runs one part; its metrics have a port of their own by default, so that all can run on one machine."""
    if "metrics_listen" not in settings.model_fields_set:
        settings = settings.model_copy(update={"metrics_listen": f"127.0.0.1:{METRICS_PORTS[part]}"})
    start(settings, (part,), announce(settings, USED[part]))


def announce(settings: Settings, stores: Sequence[str] = USED["up"]) -> Callable[[dict[str, str]], None]:
    """Shows where everything is, once it is there."""
    sentences = {
        "web": "results         http://{}/",
        "gateway": "votes by HTTP   http://{}/grpc",
        "rust": "and in Rust     http://{}/rust",
        "left out": "left out        {}",
        "server": "votes by gRPC   {}",
        "metrics": "metrics         http://{}/metrics",
    }

    def show(addresses: dict[str, str]) -> None:
        for part, sentence in sentences.items():
            if part in addresses:
                out.print("  " + sentence.format(addresses[part]), highlight=False, soft_wrap=True)
        for store in stores:
            if "{data}" not in getattr(settings, store):
                out.print(f"  {store:<16}{without_secrets(settings.url(store))}", highlight=False, soft_wrap=True)
        out.print(f"  data            {settings.data.absolute()}", highlight=False, soft_wrap=True)
        out.print("rockola is up. Ctrl-C stops it.", highlight=False)

    return show


def table_of(now: Results) -> Table:
    """The results as a table."""
    table = Table(title=f"{now.counted:,} votes counted", caption=f"as of {now.as_of}")
    for heading in ("", "album", "band"):
        table.add_column(heading)
    for heading in ("votes", "share", "mean rank"):
        table.add_column(heading, justify="right")
    for one in now.candidates:
        numbers = f"{one.votes:,}", f"{one.share:.1%}", f"{one.rank_mean:.2f}"
        table.add_row(str(one.place), escape(str(one.album)), escape(str(one.name)), *numbers)
    return table


cli.command()(send)
cli.command()(probe)


def main() -> None:
    """The program."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    cli()
