"""A tally counts by one source for ever: what is said when another one comes."""

from rockola.tally import Source
from rockola.vote.errors import WrongLog


def require_same(counted: Source, wanted: Source) -> None:
    """WrongLog, with what to do, when a tally that counts by one source is asked to count by another."""
    if counted != wanted:
        raise WrongLog(_difference(counted, wanted))


def _difference(counted: Source, wanted: Source) -> str:
    if counted.generation != wanted.generation:
        return (
            f"The tally counts the log {counted.generation}, and the log is {wanted.generation}. "
            "Bring that log back, or begin a new count with an empty tally and archive."
        )
    if counted.partitions != wanted.partitions:
        return (
            f"The tally counts {counted.partitions} partitions, and the log has {wanted.partitions}. They never change."
        )
    return "The tally counts by another contest file. The rules never change for a log: bring that file back."
