"""Vote files from the first look to the last answer, and the exit code that tells how it went."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain

import uvloop

from rockola.send.errors import WrongDoor, WrongFile
from rockola.send.sender import Sender
from rockola.send.show import Shown, summary
from rockola.send.votefile import VoteFile

NOT_ALL, WRONG, INTERRUPTED = 1, 2, 130


class Job:
    """Checks every file, then sends them one after the other."""

    def __init__(self, sender: Sender, shown: Shown) -> None:
        self._sender, self._shown = sender, shown
        self._files: list[VoteFile] = []

    def run(self, openings: Sequence[Callable[[], VoteFile]]) -> int:
        """The exit code."""
        code = self._guarded(openings)
        for file in self._files:
            file.close()
        skipped, result = sum(file.bad for file in self._files), self._sender.result
        if code != WRONG or result.total:
            self._shown.say(summary(result, skipped))
        return code or NOT_ALL * (skipped + result.total > result.accepted)

    def _guarded(self, openings: Sequence[Callable[[], VoteFile]]) -> int:
        try:
            self._check(openings)
            self._send()
        except WrongFile as error:
            self._shown.say(f"{error}{'' if self._sender.result.total else '; nothing was sent'}")
            return WRONG
        except WrongDoor as error:
            self._shown.say(f"the address {error}")
            return NOT_ALL
        except KeyboardInterrupt:
            self._shown.say("interrupted: send the same again, and each vote is counted once")
            return INTERRUPTED
        return 0

    def _check(self, openings: Sequence[Callable[[], VoteFile]]) -> None:
        for opening in openings:
            file = opening()
            self._files.append(file)
            if file.older:
                self._shown.say(f"{file.name}: artist and ranked are read as name and rank")
            if not file.votes:
                self._shown.say(f"{file.name}: holds no votes")

    def _send(self) -> None:
        total = sum(file.votes for file in self._files)
        ballots = chain.from_iterable(file.ballots() for file in self._files)
        self._shown.begin(total)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result = runner.run(self._sender.send(ballots, total))
        if result.unanswered:
            self._shown.say(f"gave up: no vote was settled for too long ({self._sender.trouble}); send the same again")
