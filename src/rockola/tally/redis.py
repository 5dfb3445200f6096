"""The tally in Redis, Valkey or a Redis Cluster: a step is one script, on keys that lie together in a cluster.

Under the URL's prefix lie, for the partition p of the log g:
`{g:p}:counts`, a hash of the counts by field, with `position` and `rebuilds` among them, so that one command reads all;
`{g:p}:ids`, a hash from an id's digest to the offset of its counted vote, in as few bytes as it needs;
`{g:p}:voters`, a hash from a voter's digest to the votes had; `{g:p}:minutes`, a hash of the counts by minute;
and for all partitions `rockola`, the source in JSON, `revealed`, the generation whose results are for everybody, and
`votes`, which original.py describes.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import blake2b
from itertools import islice

import msgspec

from rockola.failpoints import failpoint
from rockola.findings import Finding, require_fit, warn
from rockola.tally import Applied, Moved, Source, Step, Totals
from rockola.tally.original import Original
from rockola.tally.redis_fitness import findings_of
from rockola.tally.redis_server import Server
from rockola.tally.sources import require_same
from rockola.vote.errors import Unavailable
from rockola.vote.rules import Effect, Known

KINDS = ("counts", "ids", "voters", "minutes")  # of a partition's keys, in the order of the scripts
DIGEST = 14  # bytes, see docs/adr/0011
PIECE = 2000  # ids, voters and counts each that one script writes of a rebuild: some 5 ms
SHADOW = 120  # seconds that a rebuild may pause; what an abandoned one wrote is gone after that
RESTORED, TORN = 1, -1  # of adopt.lua
GONE = "What was rebuilt so far went away."
MINUTE = '["minute"'


class RedisTally:
    """A Tally on one server or one cluster."""

    _source: Source
    _hidden = False

    def __init__(self, server: Server) -> None:
        self._server, self._original = server, Original(server)

    def bind(self, source: Source, hidden: bool = False) -> None:
        """See Tally."""
        self._hidden = hidden
        with self._server.client() as client:
            kept = client.set(self._source_key, msgspec.json.encode(source._asdict()), nx=True, get=True)
        require_same(self._source_in(kept) or source, source)
        self._source = source

    def position(self, partition: int) -> int | None:
        """See Tally."""
        with self._server.client() as client:
            return _number(client.hget(self._keys(partition)[0], "position"))

    def look(self, partition: int, start: int, ids: Sequence[str], voters: Sequence[str]) -> Known | Moved:
        """See Tally."""
        self._original.refresh(self._settled)
        asked = [start, len(ids), *map(_digest, ids), *map(bytes.fromhex, voters)]
        position, *found = self._server.run("look", self._keys(partition)[:3], asked)
        if not found:
            return Moved(_number(position))
        offsets, votes = found
        return Known(
            {one: int.from_bytes(offset) for one, offset in zip(ids, offsets, strict=True) if offset is not None},
            {one: int(number) for one, number in zip(voters, votes, strict=True) if number is not None},
        )

    def apply(self, step: Step) -> Applied | Moved:
        """See Tally."""
        failpoint("tally.apply")
        arguments = [step.start, step.next, "", "", *_pairs(step.effect)]
        applied, *found = self._server.run("apply", self._keys(step.partition), arguments)
        return Applied(step.next) if applied else Moved(_number(*found))

    def restore(self, partition: int, position: int, effects: Iterable[Effect]) -> bool:
        """See Tally. It is rebuilt beside the partition's keys, and takes their place in one script."""
        self.bind(self._source, self._hidden)  # it was lost as well, perhaps
        if self.position(partition) is not None:
            return False
        keys = self._keys(partition)
        with self._shadow(keys) as shadow:
            steps = self._write(shadow, effects)
            failpoint("tally.restore")
            outcome = self._server.run("adopt", [*keys, *shadow], [steps, position])
        if outcome == TORN:
            raise Unavailable("tally") from LookupError(GONE)
        return bool(outcome == RESTORED)

    def reveal(self) -> bool:
        """See Tally."""
        if source := self._kept_source():
            with self._server.client() as client:
                client.set(self._revealed_key, source.generation)
        return source is not None

    def totals(self) -> Totals:
        """See Tally."""
        source, revealed = self._kept()
        sums, positions, rebuilds = Counter[bytes](), {}, 0
        for partition in range(source.partitions) if source else ():
            with self._server.client() as client:
                counts = client.hgetall(self._keys(partition, source)[0])
            if b"position" in counts:  # else it is lost
                positions[partition] = int(counts.pop(b"position"))
                rebuilds = max(rebuilds, int(counts.pop(b"rebuilds")))
                sums.update({field: int(number) for field, number in counts.items()})
        counted = {field.decode(): number for field, number in sums.items()}
        return Totals(source, positions, rebuilds, counted, revealed)

    def minutes(self, since: int) -> Mapping[str, int]:
        """See Tally. They are read a part at a time: there may be a million."""
        source, sums = self._kept_source(), Counter[str]()
        for partition in range(source.partitions) if source else ():
            with self._server.client() as client:
                counts = dict(client.hscan_iter(self._keys(partition, source)[3], count=1000))
            sums.update({f.decode(): int(number) for f, number in counts.items() if msgspec.json.decode(f)[3] >= since})
        return sums

    def close(self) -> None:
        """See Tally."""
        self._server.close()

    @property
    def _source_key(self) -> str:
        return f"{self._server.prefix}rockola"

    @property
    def _revealed_key(self) -> str:
        return f"{self._server.prefix}revealed"

    def _keys(self, partition: int, source: Source | None = None) -> list[str]:
        generation = (source or self._source).generation
        return [f"{self._server.prefix}{{{generation}:{partition}}}:{kind}" for kind in KINDS]

    def _kept(self) -> tuple[Source | None, bool]:
        """The source, and whether its results are revealed; asked together, which in a cluster no one command can."""
        with self._server.client() as client, client.pipeline(transaction=False) as together:
            text, revealed = together.get(self._source_key).get(self._revealed_key).execute()
        source = self._source_in(text)
        return source, source is not None and revealed == source.generation.encode()

    def _kept_source(self) -> Source | None:
        with self._server.client() as client:
            return self._source_in(client.get(self._source_key))

    def _source_in(self, text: bytes | None) -> Source | None:
        try:
            return Source(**msgspec.json.decode(text)) if text else None
        except (msgspec.DecodeError, TypeError) as error:
            raise self._server.foreign() from error

    def _settled(self) -> Mapping[str, int]:
        """What others may see; the source is written again where it was lost alone, as in a cluster it may be."""
        if self._kept_source() != self._source:
            self.bind(self._source, self._hidden)
        totals = self.totals()
        return {} if self._hidden and not totals.revealed else totals.counts

    @contextmanager
    def _shadow(self, keys: Sequence[str]) -> Iterator[list[str]]:
        """Keys for a rebuild of its own, in the same place of a cluster; they are gone afterwards."""
        token = secrets.token_hex(8)
        shadow = [f"{key}:new:{token}" for key in keys]
        try:
            yield shadow
        finally:
            with self._server.client() as client:
                client.unlink(*shadow)

    def _write(self, shadow: Sequence[str], effects: Iterable[Effect]) -> int:
        """Writes the effects in steps from 0 on; once a part went away, none after it is taken."""
        steps = 0
        for steps, effect in enumerate(_pieces(effects), 1):
            self._server.run("apply", shadow, [steps - 1, steps, 0, SHADOW, *_pairs(effect)])
        return steps


def open_tally(url: str) -> RedisTally:
    """Opens `redis://[user:password@]host[:port][/database][?allow_volatile=true][#prefix]`, or `rediss` for TLS.

    Unfit when its settings would not hold the promise; those that may not are warned of.
    """
    server = Server(url)
    try:
        warn(require_fit(f"The tally at {server.name}", findings_of(server)))
    except BaseException:
        server.close()
        raise
    return RedisTally(server)


def examine(url: str) -> Sequence[Finding]:
    """The settings of the server, or of each primary of a cluster, that are part of the promise."""
    with closing(Server(url)) as server:
        return findings_of(server)


def _pieces(effects: Iterable[Effect]) -> Iterator[Effect]:
    """The same in smaller effects, each of which one script can write while others wait."""
    for effect in effects:
        for start in range(0, max(map(len, effect)), PIECE):
            yield Effect(*(dict(islice(part.items(), start, start + PIECE)) for part in effect))


def _pairs(effect: Effect) -> list[object]:
    """An effect as the last arguments of apply.lua."""
    ids = [part for one, offset in effect.ids.items() for part in (_digest(one), _packed(offset))]
    voters = [part for one, votes in effect.voters.items() for part in (bytes.fromhex(one), votes)]
    counts, minutes = list[object](), list[object]()
    for pair in effect.counts.items():
        (minutes if pair[0].startswith(MINUTE) else counts).extend(pair)
    return [*(len(pairs) // 2 for pairs in (ids, voters, counts)), *ids, *voters, *counts, *minutes]


def _digest(memory: str) -> bytes:
    return blake2b(memory.encode(), digest_size=DIGEST).digest()


def _packed(offset: int) -> bytes:
    return offset.to_bytes((offset.bit_length() + 7) // 8 or 1)


def _number(text: bytes | None) -> int | None:
    return int(text) if text else None
