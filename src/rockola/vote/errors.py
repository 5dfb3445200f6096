"""The three kinds of error an edge can meet, and the ones that stop a consumer."""


class MalformedVote(Exception):
    """The body is no vote at all (400); nothing was appended."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class InvalidVote(Exception):
    """A field breaks its rule (422, INVALID_ARGUMENT); nothing was appended. `reason` tells what to change."""

    def __init__(self, field: str, reason: str, code: str = "invalid_field") -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason, self.code = field, reason, code


class Unavailable(Exception):
    """A service cannot do its job now (503, UNAVAILABLE); the argument names it. Try again.

    Raised by an append, it leaves the outcome unknown: the records may be in the log.
    """


class UnreadableRecord(Exception):
    """The bytes of a record are not what a server writes."""


class BrokenPromise(Exception):
    """Going on would count wrongly: the consumer stops, and the message says what to do."""


class WrongLog(BrokenPromise):
    """A store belongs to another log, another number of partitions or another contest."""


class Unfit(BrokenPromise):
    """A store is set up in a way that could lose what it acknowledged; the message says what to change."""


class LostRecords(BrokenPromise):
    """The log no longer holds, or never held, the position that was counted up to."""


class DeadWriter(BrokenPromise):
    """The log's writer no longer knows what it appended: going on could append twice. Another must take over."""


class Contradiction(BrokenPromise):
    """The archive holds another document under a place that was judged now."""


class TooManyUnreadable(Exception):
    """More unreadable records in a row than are allowed: the partition stops before the next, for somebody to look."""
