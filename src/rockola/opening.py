"""Opens a store by its URL; the adapter's module is imported then, and not before."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from rockola import archive, eventlog, tally
from rockola.archive import Archive
from rockola.eventlog import LogReader, LogWriter
from rockola.findings import Finding
from rockola.tally import Tally
from rockola.urls import WrongUrl


async def open_log_writer(url: str) -> LogWriter:
    """The log's writer, connected; Unavailable or BrokenPromise says why not."""
    writer: LogWriter = await _adapter(eventlog.ADAPTERS, url).open_writer(url)
    return writer


def open_log_reader(url: str) -> LogReader:
    """The log's reader, connected."""
    reader: LogReader = _adapter(eventlog.ADAPTERS, url).open_reader(url)
    return reader


def create_log(url: str) -> str:
    """Makes a log that is made before it is used, and names its generation; WrongUrl when it is not such a log."""
    adapter = _adapter(eventlog.ADAPTERS, url)
    if not hasattr(adapter, "create_topic"):
        raise WrongUrl("Such a log needs no making: it is there once it is used.")
    generation: str = adapter.create_topic(url)
    return generation


def open_tally(url: str) -> Tally:
    """The tally, connected."""
    opened: Tally = _adapter(tally.ADAPTERS, url).open_tally(url)
    return opened


def open_archive(url: str) -> Archive:
    """The archive, connected."""
    opened: Archive = _adapter(archive.ADAPTERS, url).open_archive(url)
    return opened


def examine_log(url: str) -> Sequence[Finding]:
    """How the log's settings stand to the promise; Unavailable when it does not say."""
    return _examined(eventlog.ADAPTERS, url)


def examine_tally(url: str) -> Sequence[Finding]:
    """The same of the tally."""
    return _examined(tally.ADAPTERS, url)


def examine_archive(url: str) -> Sequence[Finding]:
    """The same of the archive."""
    return _examined(archive.ADAPTERS, url)


def _examined(adapters: Mapping[str, str], url: str) -> Sequence[Finding]:
    findings: Sequence[Finding] = _adapter(adapters, url).examine(url)
    return findings


def _adapter(adapters: Mapping[str, str], url: str) -> Any:
    scheme = urlsplit(url).scheme
    if scheme not in adapters:
        raise WrongUrl(f"Nothing opens {scheme or 'such'} URLs here; known are {', '.join(sorted(adapters))}.")
    return import_module(adapters[scheme])
