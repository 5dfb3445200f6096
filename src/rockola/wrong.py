"""Settings that cannot be followed, said in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager


class WrongSetting(Exception):
    """A setting that cannot be followed; the message names it and says what to change."""


@contextmanager
def meant(setting: str) -> Iterator[None]:
    """Says in a sentence which setting cannot be read."""
    try:
        yield
    except ValueError as error:
        raise WrongSetting(f"The setting {setting} is wrong: {error}.") from error


@contextmanager
def told(name: str, listen: str) -> Iterator[None]:
    """Says in a sentence why a part cannot listen."""
    try:
        yield
    except (OSError, ValueError) as error:
        flag = name.replace("_", "-")
        raise WrongSetting(f"Nothing can listen at {listen}: {error}. Choose another place with --{flag}.") from error
