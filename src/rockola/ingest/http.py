"""An HTTP/1.1 connection: requests in, answers out in the same order, each within its deadline."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import cast

import structlog

from rockola.ingest import answers
from rockola.ingest.framing import BETWEEN, HEAD, Framing, Headers, Refused

MOST_UNANSWERED = 128  # requests of one connection; a pipeline longer than this waits in the network
LINGER = 2.0  # seconds a client has to read a last answer before what it still sends resets the connection

log = structlog.get_logger()


@dataclass(frozen=True)
class Deadlines:
    """In seconds; the sweep may come SWEEP later, so that the published 5, 10 and 30 hold."""

    head: float = 4.75
    body: float = 9.75
    idle: float = 29.75


class Request:
    """A request, and the place of its answer in its connection's order."""

    __slots__ = ("_connection", "body", "headers", "method", "reply", "target")

    def __init__(self, connection: "Connection", method: bytes, target: bytes, headers: Headers, body: bytes) -> None:
        self._connection = connection
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.reply: bytes | None = None

    @property
    def address(self) -> str:
        """Where the connection comes from."""
        return self._connection.address

    def answer(self, reply: bytes) -> None:
        """Answers, once: it is sent when every request before it was answered, and dropped when the client left."""
        self.reply = reply
        self._connection.settle()


@dataclass(eq=False)
class Service:
    """What the connections of one listener share. `handle` sees to it that every request is answered within `now`."""

    handle: Callable[[Request], None]
    rooms: Mapping[bytes, int]  # bytes a body may have, by target
    note: Callable[[bytes], None]  # told of every answer that a connection gives by itself
    deadlines: Deadlines = Deadlines()
    now: float = 0.0
    draining: bool = False
    connections: "set[Connection]" = field(default_factory=set)
    gone: asyncio.Event = field(default_factory=asyncio.Event)  # set when the last connection went
    refuse: Callable[[str], bytes] = lambda _: b""  # by address, the answer for a connection too many

    def forget(self, connection: "Connection") -> None:
        """Told of every connection that ended."""
        self.connections.discard(connection)
        if not self.connections:
            self.gone.set()


class Connection(asyncio.Protocol):
    """One client. `deadline` is when `expire` is due, unless something happens before."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._framing = Framing(service.rooms, self._take)
        self._unanswered: deque[Request] = deque()
        self._ending = self._left = self._stalled = self._paused = False
        self.address = ""
        self.deadline = service.now + service.deadlines.head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes the connection in, or turns it away."""
        self._transport = cast(asyncio.Transport, transport)
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        if refusal := self._service.refuse(self.address):
            self._ending = True
            self._service.note(refusal)
            self._transport.write(answers.ending(refusal))
            self._transport.close()
        else:
            self._service.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Forgets what nobody waits for any more."""
        self._service.forget(self)
        self._unanswered.clear()
        self._ending = True
        self._framing.close()

    def data_received(self, data: bytes) -> None:
        """Reads on; after the last request there is nothing to read."""
        if self._ending:
            return
        framing = self._framing
        stage, begun = framing.stage, framing.begun
        try:
            framing.feed(data)
        except Refused as refused:
            log.info("connection.refused", status=refused.answer[9:12].decode())
            self._end(refused.answer)
            return
        if framing.stage is not stage or framing.begun != begun:
            self._set_deadline()
        if len(self._unanswered) > MOST_UNANSWERED:
            self._steer()

    def eof_received(self) -> bool:
        """A client that sends no more still gets what it is owed."""
        self._ending = self._left = True
        return bool(self._unanswered)

    def pause_writing(self) -> None:
        """A client that does not read is not read from; its deadline stands."""
        self._stalled = True
        self._steer()

    def resume_writing(self) -> None:
        """It reads again."""
        self._stalled = False
        self._steer()

    def settle(self) -> None:
        """Sends the answers whose turn it is."""
        waiting = self._unanswered
        if not waiting:
            return
        while waiting and (reply := waiting[0].reply) is not None:
            if waiting.popleft().method == b"HEAD":
                reply = answers.head_of(reply)
            if self._ending and not waiting:
                reply = answers.ending(reply)
            self._transport.write(reply)
        if not waiting:
            self._rest()
        if self._paused:
            self._steer()

    def drain(self) -> None:
        """Ends the connection once nothing is owed and no request is half read."""
        if self._framing.stage is BETWEEN and not self._ending:
            self._ending = True
            if not self._unanswered:
                self._transport.close()

    def expire(self) -> None:
        """The deadline passed: says so where a request is half read, else leaves."""
        if self._framing.stage is BETWEEN or self._ending:
            self._transport.abort()
        else:
            self._end(answers.LATE)

    def abort(self) -> None:
        """Cuts the connection off."""
        self._transport.abort()

    def _take(self, method: bytes, target: bytes, headers: Headers, body: bytes) -> None:
        if self._ending:
            return
        request = Request(self, method, target, headers, body)
        self._unanswered.append(request)
        if not self._framing.keep or self._service.draining:
            self._ending = True
        try:
            self._service.handle(request)
        except Exception:
            log.exception("request.failed")
            self._service.note(answers.FAILED)
            request.answer(answers.FAILED)

    def _end(self, reply: bytes) -> None:
        """Answers in its turn and reads no further."""
        if self._ending and not self._unanswered:
            return
        self._ending = True
        self.deadline = inf
        if reply:
            self._service.note(reply)
            request = Request(self, b"", b"", {}, b"")
            self._unanswered.append(request)
            request.answer(reply)
        elif not self._unanswered:
            self._finish()

    def _rest(self) -> None:
        """Nothing is owed now."""
        if self._ending:
            self._finish()
        elif self._framing.stage is BETWEEN:
            self.deadline = self._service.now + self._service.deadlines.idle
        else:
            self._encourage()

    def _finish(self) -> None:
        """Says that nothing follows and waits for the client to leave, so that it can read the last answer."""
        if self._left or self._transport.is_closing():
            self._transport.close()
            return
        unsent = self._transport.get_write_buffer_size()
        self.deadline = self._service.now + (self._service.deadlines.idle if unsent else LINGER)
        self._transport.write_eof()

    def _set_deadline(self) -> None:
        """From now on, for what is being read."""
        service, stage = self._service, self._framing.stage
        if stage is BETWEEN:
            self.deadline = inf if self._unanswered else service.now + service.deadlines.idle
        elif stage is HEAD:
            self.deadline = service.now + service.deadlines.head
        else:
            self.deadline = service.now + service.deadlines.body
            self._encourage()

    def _encourage(self) -> None:
        """Sends 100 Continue where it is waited for, in its turn."""
        if self._framing.expects and not self._unanswered:
            self._framing.expects = False
            self._transport.write(answers.CONTINUE)

    def _steer(self) -> None:
        """Reads only from a client that reads its answers and does not run ahead of them."""
        pause = self._stalled or len(self._unanswered) > MOST_UNANSWERED
        if pause is not self._paused and not self._transport.is_closing():
            self._paused = pause
            (self._transport.pause_reading if pause else self._transport.resume_reading)()
