"""What a run sends: kinds of votes, and mixes of them by weight."""

from collections.abc import Mapping
from typing import NamedTuple

from rockola.send.answers import Fate


class Kind(NamedTuple):
    """Which vote is sent, and what a door has to answer; None is whatever its contest says."""

    sentence: str
    answer: Fate | None


KINDS: Mapping[str, Kind] = {
    "valid": Kind("the next row of the file", Fate.ACCEPTED),
    "repeated": Kind("a vote that was sent before, once more", Fate.ACCEPTED),
    "conflicting": Kind("the id of a vote that was sent before, with another choice", Fate.ACCEPTED),
    "invalid": Kind("a vote that breaks a rule", Fate.REFUSED),
    "unknown-candidate": Kind("a candidate that no file names: for the contest to accept or refuse", None),
}
FIRST = "valid"  # what is sent when there is nothing yet to repeat

Weights = Mapping[str, float]
MIXES: Mapping[str, Weights] = {
    "clean": {"valid": 1},
    "contest": {"valid": 82, "repeated": 10, "conflicting": 2, "invalid": 5, "unknown-candidate": 1},
    "impatient": {"valid": 50, "repeated": 50},
    "hostile": {"valid": 20, "repeated": 20, "conflicting": 20, "invalid": 30, "unknown-candidate": 10},
}


def weights_of(text: str) -> Weights:
    """The weights of a mix by its name, or as they are written: `valid=9,invalid=1`. ValueError when there are none."""
    if text in MIXES:
        return MIXES[text]
    weights = {kind: _weight(kind, weight) for kind, _, weight in (part.partition("=") for part in text.split(","))}
    if not weights.get(FIRST):
        raise ValueError(f"a mix is one of {', '.join(MIXES)}, or weights such as valid=9,invalid=1, with some {FIRST}")
    return weights


def surprise(kind: str, fate: Fate) -> str:
    """What is wrong with the answer to a vote of this kind; empty when nothing is."""
    expected = KINDS[kind].answer
    if fate is Fate.UNKNOWN or expected in {None, fate}:
        return ""
    return f"a vote was {fate} that had to be {expected}: {kind}"


def _weight(kind: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1
    if kind not in KINDS or not 0 <= weight < float("inf"):
        raise ValueError(f"a mix is one of {', '.join(MIXES)}, or weights of {', '.join(KINDS)}")
    return weight
