"""What an adapter finds when it examines its store: each setting that is part of the promise, as it is."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

import structlog

from rockola.vote.errors import Unfit

log = structlog.get_logger()


class Grade(StrEnum):
    """How a setting stands to the promise."""

    GOOD = "good"
    RISKY = "risky"  # allowed, and said at each start
    BROKEN = "broken"  # refused


class Finding(NamedTuple):
    """A setting of a store, what it is there, and what to change; `advice` is a sentence, empty when it is good."""

    setting: str
    found: str
    grade: Grade
    advice: str = ""


def finding(setting: str, found: object, holds: bool, advice: str, otherwise: Grade = Grade.BROKEN) -> Finding:
    """Good when it holds, else `otherwise` with the advice."""
    return Finding(setting, str(found), Grade.GOOD) if holds else Finding(setting, str(found), otherwise, advice)


def require_fit(store: str, findings: Iterable[Finding]) -> Sequence[Finding]:
    """The risky ones; Unfit for the first that is broken. `store` names it without its password."""
    found = list(findings)
    for one in found:
        if one.grade is Grade.BROKEN:
            raise Unfit(f"{store}: {one.setting} is {one.found}. {one.advice}")
    return [one for one in found if one.grade is Grade.RISKY]


def warn(findings: Iterable[Finding]) -> None:
    """Says at a start what is not good, and is let through."""
    for setting, found, grade, advice in findings:
        if grade is not Grade.GOOD:
            log.warning("risky", setting=setting, found=found, advice=advice)
