"""Votes as a file, CSV or NDJSON, read a page at a time while it is sent, so that it may be as long as it likes."""

import asyncio
import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from threading import BoundedSemaphore
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.types import Message, Receive, Scope, Send

from rockola.web.cursor import read_cursor
from rockola.web.logged import FILTERS, Given, LoggedVote, LoggedVotes, VoteLog
from rockola.web.problems import RETRY, Problem, bad_parameter
from rockola.web.query import Format, described, read_query
from rockola.web.stream import let_go

DESKS = 2  # exports at one time
ROWS = 2000  # votes read at once
PATIENCE = 60.0  # seconds a reader may take for them: some 400 KB
COLUMNS = tuple(field.name for field in fields(LoggedVote))
SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"  # what makes a spreadsheet compute a cell; also full-width
# The places before one: at the start, and behind what some spreadsheets take for the end of a cell.
FORMULA = re.compile(rf"\A(?=[{SIGNS}\t\r\0])|(?<=[;|\t,\r\n])(?=\s*[{SIGNS}])")
MEDIA = {Format.CSV: "text/csv; charset=utf-8", Format.NDJSON: "application/x-ndjson"}
FILES: dict[int | str, dict[str, Any]] = {200: {"content": {media.partition(";")[0]: {} for media in MEDIA.values()}}}


def export_routes(log: VoteLog) -> APIRouter:
    """The route of exports."""
    router, desks = APIRouter(), Desks()

    @router.get(
        "/api/votes/export", response_class=Response, responses=FILES, openapi_extra=described("format", *FILTERS)
    )
    def export(request: Request) -> Response:
        """The votes that all filters hold for, newest first, as a file: CSV, or NDJSON with every value as it is."""
        given = read_query(request, "format", *FILTERS)
        if "format" not in given:
            raise bad_parameter("format", f"must be there: {' or '.join(Format)}")
        return Export(desks, log, given)

    return router


class Desks:
    """The exports at one time."""

    def __init__(self) -> None:
        self._free = BoundedSemaphore(DESKS)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A place for one export; Problem when there is none."""
        if not self._free.acquire(blocking=False):
            raise Problem(429, "too_many_exports", f"{DESKS} exports at one time: ask again", headers=RETRY)
        try:
            yield
        finally:
            self._free.release()


class Export(StreamingResponse):
    """The answer that lasts until all is sent, or its reader goes or does not read."""

    def __init__(self, desks: Desks, log: VoteLog, given: Given) -> None:
        form = given["format"]
        name = f'attachment; filename="votes.{form}"'
        super().__init__((), media_type=MEDIA[form], headers={"Content-Disposition": name})
        self._desks, self._log, self._given = desks, log, given

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, with a place of its own meanwhile; an error of the first page is a problem."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(PATIENCE):
                await send(message)

        with self._desks.taken():
            first = await run_in_threadpool(self._log.page, self._given, ROWS)
            self.body_iterator = iterate_in_threadpool(pieces(self._log, self._given, first))
            try:
                await super().__call__(scope, receive, send_in_time)
            except TimeoutError:
                await let_go(scope, receive)


def pieces(log: VoteLog, given: Given, page: LoggedVotes) -> Iterator[bytes]:
    """The file, a page at a time, from the first page on."""
    write = WRITERS[given["format"]]
    yield from HEADS[given["format"]]
    while True:
        yield write(page.votes)
        if not page.next:
            return
        page = log.page({**given, "after": read_cursor(page.next)}, ROWS)


def write_csv(votes: Iterable[LoggedVote]) -> bytes:
    """Lines of CSV (RFC 4180); what a spreadsheet would compute in a text gets an apostrophe before it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [_harmless(getattr(vote, name)) for name in COLUMNS] for vote in votes
    )
    return text.getvalue().encode()


def write_ndjson(votes: Iterable[LoggedVote]) -> bytes:
    """A line of JSON for each."""
    return b"".join(msgspec.json.encode(vote) + b"\n" for vote in votes)


def _harmless(value: object) -> object:
    return FORMULA.sub("'", value) if isinstance(value, str) else value


HEADS = {Format.CSV: (",".join(COLUMNS).encode() + b"\r\n",), Format.NDJSON: ()}
WRITERS = {Format.CSV: write_csv, Format.NDJSON: write_ndjson}
