"""Shows a sending on a terminal while it goes on, and says in a line how it went."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from rockola.send.answers import Fate
from rockola.send.listeners import Settled, refused_row
from rockola.send.manner import Result
from rockola.send.rows import BadRow, Ballot

TOLD = 5  # refused rows that are named; the report has all of them


class Shown:
    """A bar on stderr, if that is a terminal; and lines for what is worth knowing."""

    def __init__(self, console: Console) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn()
        self._console = console
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task = self._progress.add_task("checking", total=None)
        self._refused = 0

    @contextmanager
    def shown(self) -> Iterator["Shown"]:
        """Shows it meanwhile."""
        with self._progress:
            yield self

    def say(self, line: str) -> None:
        """A line above the bar."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def begin(self, total: int) -> None:
        """Checking is over, and this many votes are sent."""
        self._progress.reset(self._task, description="sending", total=total)

    def sending(self, ballots: Sequence[Ballot]) -> None:
        """See Listener."""

    def settled(self, votes: Sequence[Settled]) -> None:
        """See Listener."""
        self._progress.advance(self._task, len(votes))
        for ballot, outcome in votes:
            if outcome.fate is Fate.REFUSED:
                self._tell(refused_row(ballot, outcome))

    def _tell(self, row: BadRow) -> None:
        self._refused += 1
        if self._refused <= TOLD:
            self.say(f"refused: {row.file}: {row}")
        elif self._refused == TOLD + 1:
            self.say("refused: more rows; --report names them all")


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f} votes/s")


def summary(result: Result, skipped: int) -> str:
    """The whole in a line."""
    accepted, refused, unanswered, repeats, seconds = result
    speed = f", {(accepted + refused) / seconds:,.0f} votes/s" if seconds else ""
    return (
        f"{result.total:,} votes: {accepted:,} accepted, {refused:,} refused, {unanswered:,} "
        f"unanswered; {skipped:,} bad rows skipped, {repeats:,} requests repeated; {seconds:.1f} s{speed}"
    )
