"""Token buckets: how many votes a second an address or a voter may send. They never decide what counts."""

from rockola.ingest.addresses import Proxies, network_of
from rockola.ingest.http import Request
from rockola.vote.model import Vote


class Buckets:
    """A bucket per key: `rate` tokens a second, a second's worth at most, the `most` keys that were seen last.

    A key goes into debt by one request at most, so that a batch larger than its bucket gets through, and pays after.
    """

    def __init__(self, rate: int, most: int = 10_000) -> None:
        self._rate, self._most = rate, most
        self._levels: dict[str, tuple[float, float]] = {}  # the level at a time, least recent first

    def take(self, key: str, now: float, tokens: int = 1) -> bool:
        """Takes the tokens at this monotonic time; False, and takes none, when the bucket is empty."""
        level, since = self._levels.pop(key, (self._rate, now))
        level = min(self._rate, level + (now - since) * self._rate)
        allowed = level >= 1
        self._levels[key] = level - tokens * allowed, now
        if len(self._levels) > self._most:
            del self._levels[next(iter(self._levels))]
        return allowed


class Quota:
    """The rates of one gateway, in votes a second; a rate of 0 is no limit."""

    def __init__(self, address_rate: int, voter_rate: int, proxies: Proxies) -> None:
        self._addresses = Buckets(address_rate) if address_rate else None
        self._voters = Buckets(voter_rate) if voter_rate else None
        self._proxies = proxies
        self.is_set = bool(address_rate or voter_rate)

    def admits(self, request: Request, now: float, votes: int) -> bool:
        """Whether the address that the request really comes from may send so many votes more."""
        if self._addresses is None:
            return True
        forwarded = request.headers.get(b"x-forwarded-for", b"").decode("latin-1")
        return self._addresses.take(network_of(self._proxies.client(request.address, forwarded)), now, votes)

    def hears(self, vote: Vote, now: float) -> bool:
        """Whether the vote's voter may send one more; a vote without one has no such limit."""
        return self._voters is None or not vote.voter or self._voters.take(vote.voter, now)
