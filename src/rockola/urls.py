"""The URLs that name stores: their options, and what is shown of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class WrongUrl(ValueError):
    """A URL that no store can be opened by; the message says what to change, and holds no password."""


def options_of(url: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The options in a URL's query, each of its default's type; WrongUrl for one that is unknown or is not of it."""
    given = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    for name in given.keys() - defaults.keys():
        raise WrongUrl(
            f"{name} is no option of {urlsplit(url).scheme} URLs; known are {', '.join(defaults) or 'none'}."
        )
    return {name: _read(name, given[name], default) if name in given else default for name, default in defaults.items()}


def with_options(url: str, options: Mapping[str, object]) -> str:
    """The URL with more options in its query; those that it names itself stay."""
    parts = urlsplit(url)
    query = {name: str(value).lower() for name, value in options.items()} | dict(parse_qsl(parts.query))
    return parts._replace(query=urlencode(query)).geturl()


def without_secrets(url: str) -> str:
    """The URL for people to read: no user, password or options."""
    if not (parts := urlsplit(url)).netloc:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def is_unquoted(parts: SplitResult) -> bool:
    """Whether a sign of a user or a password ended the host's place too early."""
    return "@" in parts.path + parts.query + parts.fragment


def path_of(url: str) -> Path:
    """The file of a URL: `sqlite:///votes.db` is relative, `sqlite:////var/votes.db` absolute, signs are quoted."""
    return Path(unquote(urlsplit(url).path[1:]))


def _read(name: str, text: str, default: Any) -> Any:
    try:
        return TRUTHS[text.lower()] if isinstance(default, bool) else type(default)(text)
    except (KeyError, ValueError):
        wanted = "true or false" if isinstance(default, bool) else "a whole number"
        raise WrongUrl(f"The option {name} of a URL is {wanted}, not {text}.") from None
