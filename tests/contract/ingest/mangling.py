"""Bytes that were right once: what two readers of one contract must take alike, whatever it is."""

import random
from collections.abc import Sequence


def mangled(rng: random.Random, written: Sequence[bytes], pieces: Sequence[bytes], most: int) -> bytes:
    """One of those written, with pieces put in, taken out and changed, at most so many times."""
    raw = bytearray(rng.choice(written))
    for _ in range(rng.randint(1, most)):
        at, kind = rng.randrange(len(raw) + 1), rng.random()
        if kind < 0.5:
            raw[at:at] = rng.choice(pieces)
        elif kind < 0.8:
            del raw[at : at + rng.randint(1, 6)]
        else:
            raw[at : at + 1] = bytes([rng.randrange(256)])
    return bytes(raw)
