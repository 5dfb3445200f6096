"""Flags made from the settings' table, and what ends a command with a sentence."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from rockola.settings import Settings
from rockola.urls import WrongUrl
from rockola.vote.errors import BrokenPromise, Unavailable
from rockola.wrong import WrongSetting

FAILED, WRONG = 1, 2
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
    except (WrongSetting, WrongUrl) as error:
        err.print(f"[red]{error}[/]", highlight=False, soft_wrap=True)
        raise typer.Exit(WRONG) from error
    except BrokenPromise as error:
        err.print(f"[red]Stopped, since going on would count wrongly.[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from error
    except Unavailable as error:
        cause = f": {error.__cause__}" if error.__cause__ else ""
        err.print(f"[red]The {error} is not available[/]{cause}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from error
