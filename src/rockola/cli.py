"""The command line: `rockola up` and its parts, and what one does with them."""

import inspect
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import structlog
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rockola.app import PARTS, WrongSetting, contest_of, start, totals_of
from rockola.demo import demonstrated
from rockola.opening import UnknownScheme
from rockola.send.command import send
from rockola.settings import Settings
from rockola.verify import verify as compare
from rockola.vote.errors import BrokenPromise, Unavailable
from rockola.web.results import Results, tabulate
from rockola.web.watch import stamp

FAILED, WRONG = 1, 2
STORES = ("data", "log", "tally", "archive", "contest")
WATCHED = ("metrics_listen", "drain")
DOOR = ("gateway_listen", "queue", "connections", "address_rate", "voter_rate", "hosts", "trusted_proxies")
BALLOT = ("server_listen", "reflection")
PAGES = ("web_listen", "trusted_proxies")
METRICS_PORTS = {"gateway": 9100, "server": 9101, "consumer": 9102, "web": 9103}

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out, err = Console(), Console(stderr=True)


def settable(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command a flag for each of these settings, as the settings' table describes it, beside its own."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[1:]

        def wrapped(**given: Any) -> None:
            rest = {parameter.name: given.pop(parameter.name) for parameter in own}
            with explained():
                command(Settings(**{name: value for name, value in given.items() if value is not None}), **rest)

        flags = [keyword(name, flag_of(name), None) for name in dict.fromkeys(names)]
        flags += [keyword(parameter.name, parameter.annotation, parameter.default) for parameter in own]
        wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
        wrapped.__annotations__ = {flag.name: flag.annotation for flag in flags}
        wrapped.__signature__ = inspect.Signature(flags)  # type: ignore[attr-defined]
        return wrapped

    return decorate


def keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    """A parameter that becomes a flag."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def flag_of(name: str) -> Any:
    """The flag of a setting: its sentence, its default and its environment name."""
    field = Settings.model_fields[name]
    default = "" if field.default in {"", None} else f"{field.default}; "
    kind = bool | None if isinstance(field.default, bool) else str | None
    metavar = None if isinstance(field.default, bool) else "NUMBER" if isinstance(field.default, int) else "TEXT"
    return Annotated[kind, typer.Option(help=f"{field.description} ({default}ROCKOLA_{name.upper()})", metavar=metavar)]


@contextmanager
def explained() -> Iterator[None]:
    """Ends the process with a sentence for what somebody outside can mend."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        err.print(f"[red]The setting {first['loc'][0]} is wrong:[/] {first['msg']}", highlight=False, soft_wrap=True)
        raise typer.Exit(WRONG) from error
    except (WrongSetting, UnknownScheme) as error:
        err.print(f"[red]{error}[/]", highlight=False, soft_wrap=True)
        raise typer.Exit(WRONG) from error
    except BrokenPromise as error:
        err.print(f"[red]Stopped, since going on would count wrongly.[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from error
    except Unavailable as error:
        cause = f": {error.__cause__}" if error.__cause__ else ""
        err.print(f"[red]The {error} is not available[/]{cause}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from error


@cli.command()
@settable(*STORES, *DOOR, *BALLOT, *PAGES, *WATCHED, "unreadable_limit")
def up(settings: Settings) -> None:
    """Run everything in one process: gateway, server, consumer and pages, until Ctrl-C.

    Votes, counts and archive are files in the data folder. Kill it at any moment and start it again: what was
    acknowledged is counted, once.
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
@settable(*BALLOT, "data", "log", "contest", *WATCHED)
def server(settings: Settings) -> None:
    """Run the server alone: takes votes over gRPC (rockola.v1.Ballot) and appends them to the log."""
    alone("server", settings)


@cli.command()
@settable(*STORES, *WATCHED, "unreadable_limit")
def consumer(settings: Settings) -> None:
    """Run a consumer alone: reads the log, gives verdicts, archives and counts. Any number may run."""
    alone("consumer", settings)


@cli.command()
@settable(*STORES, *PAGES, *WATCHED)
def web(settings: Settings) -> None:
    """Run the pages alone: live results and their API, over a tally and an archive."""
    alone("web", settings)


@cli.command()
@settable(*STORES)
def verify(settings: Settings) -> None:
    """Recount the log and the archive, and compare with the tally. Works while votes are counted.

    Exit: 0 when all three say the same, 1 with the first difference of each kind.
    """
    report = compare(settings.url("log"), settings.url("archive"), settings.url("tally"), contest_of(settings))
    read = ", ".join(f"{partition}.{position}" for partition, position in sorted(report.positions.items()))
    out.print(f"Recounted up to {read or 'nothing'}: ", end="")
    out.print(", ".join(f"{number:,} {verdict}" for verdict, number in report.verdicts.items() if number) or "no votes")
    for difference in report.differences:
        err.print(f"[red]{difference}[/]", highlight=False, soft_wrap=True)
    if report.differences:
        raise typer.Exit(FAILED)
    out.print("[green]Log, archive and tally say the same.[/]")


@cli.command()
@settable(*STORES)
def results(
    settings: Settings, as_json: Annotated[bool, typer.Option("--json", help="As /api/results gives it.")] = False
) -> None:
    """Show the results as they are now."""
    now = tabulate(totals_of(settings), "live", stamp(time.time()))
    out.print_json(json.dumps(asdict(now))) if as_json else out.print(table_of(now))


@cli.command()
@settable(*DOOR, *BALLOT, *PAGES, *WATCHED)
def demo(settings: Settings) -> None:
    """Run everything on a fresh data folder, with a vote file being sent: watch it count."""
    with demonstrated(settings, announce) as (own, show):
        start(own, PARTS, show)


def alone(part: str, settings: Settings) -> None:
    """Runs one part; its metrics have a port of their own by default, so that all can run on one machine."""
    if "metrics_listen" not in settings.model_fields_set:
        settings = settings.model_copy(update={"metrics_listen": f"127.0.0.1:{METRICS_PORTS[part]}"})
    start(settings, (part,), announce(settings))


def announce(settings: Settings) -> Callable[[dict[str, str]], None]:
    """Shows where everything is, once it is there."""
    sentences = {
        "web": "results         http://{}/",
        "gateway": "votes by HTTP   http://{}/grpc",
        "server": "votes by gRPC   {}",
        "metrics": "metrics         http://{}/metrics",
    }

    def show(addresses: dict[str, str]) -> None:
        for part, sentence in sentences.items():
            if part in addresses:
                out.print("  " + sentence.format(addresses[part]), highlight=False, soft_wrap=True)
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
        table.add_row(str(one.place), escape(one.album), escape(one.name), *numbers)
    return table


cli.command()(send)


def main() -> None:
    """The program."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    cli()
