"""Opens a store by its URL; the adapter's module is imported then, and not before."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from rockola import archive, eventlog, tally
from rockola.archive import Archive
from rockola.eventlog import LogReader, LogWriter
from rockola.findings import Finding
from rockola.tally import Tally
from rockola.urls import WrongUrl

STORES = {"log": eventlog.ADAPTERS, "tally": tally.ADAPTERS, "archive": archive.ADAPTERS}


async def open_log_writer(url: str) -> LogWriter:
    """The log's writer, connected; Unavailable or BrokenPromise says why not."""
    writer: LogWriter = await _adapter("log", url).open_writer(url)
    return writer


def open_log_reader(url: str) -> LogReader:
    """The log's reader, connected."""
    reader: LogReader = _adapter("log", url).open_reader(url)
    return reader


def create_log(url: str) -> str:
    """Makes a log that is made before it is used, and names its generation; WrongUrl when it is not such a log."""
    adapter = _adapter("log", url)
    if not hasattr(adapter, "create_topic"):
        raise WrongUrl("Such a log needs no making: it is there once it is used.")
    generation: str = adapter.create_topic(url)
    return generation


def open_tally(url: str) -> Tally:
    """The tally, connected."""
    opened: Tally = _adapter("tally", url).open_tally(url)
    return opened


def open_archive(url: str) -> Archive:
    """The archive, connected."""
    opened: Archive = _adapter("archive", url).open_archive(url)
    return opened


def examine(store: str, url: str) -> Sequence[Finding]:
    """How the settings of one of the STORES stand to the promise; Unavailable when it does not say."""
    findings: Sequence[Finding] = _adapter(store, url).examine(url)
    return findings


def _adapter(store: str, url: str) -> Any:
    scheme, adapters = urlsplit(url).scheme, STORES[store]
    if scheme not in adapters:
        raise WrongUrl(f"Nothing opens {scheme or 'such'} URLs here; known are {', '.join(sorted(adapters))}.")
    return import_module(adapters[scheme])
