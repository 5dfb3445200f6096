"""Opens a store by its URL; the adapter's module is imported then, and not before."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from rockola import archive, eventlog, tally
from rockola.archive import Archive
from rockola.eventlog import LogReader, LogWriter
from rockola.tally import Tally


class UnknownScheme(ValueError):
    """No adapter opens such a URL; the message names those that are known."""


async def open_log_writer(url: str) -> LogWriter:
    """The log's writer, connected; Unavailable or BrokenPromise says why not."""
    writer: LogWriter = await _adapter(eventlog.ADAPTERS, url).open_writer(url)
    return writer


def open_log_reader(url: str) -> LogReader:
    """The log's reader, connected."""
    reader: LogReader = _adapter(eventlog.ADAPTERS, url).open_reader(url)
    return reader


def open_tally(url: str) -> Tally:
    """The tally, connected."""
    opened: Tally = _adapter(tally.ADAPTERS, url).open_tally(url)
    return opened


def open_archive(url: str) -> Archive:
    """The archive, connected."""
    opened: Archive = _adapter(archive.ADAPTERS, url).open_archive(url)
    return opened


def _adapter(adapters: Mapping[str, str], url: str) -> Any:
    scheme = urlsplit(url).scheme
    if scheme not in adapters:
        raise UnknownScheme(f"Nothing opens {scheme or 'such'} URLs here; known are {', '.join(sorted(adapters))}.")
    return import_module(adapters[scheme])
