"""What comes while others are at work goes together."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from rockola.archive.together import Together

OTHERS = 0.2  # seconds in which others come


def acted(letters: str, wrong: str = "") -> tuple[list[str], list[Future[None]]]:
    """The acts on these letters, and what became of each; all but the first come while the first is acted on."""
    acts = list[str]()

    def act(those: Sequence[str]) -> None:
        acts.append("".join(those))
        if len(acts) == 1:
            time.sleep(OTHERS)
        if wrong and wrong in acts[-1]:
            raise LookupError(wrong)

    together = Together(act)
    with ThreadPoolExecutor(len(letters)) as threads:
        ended = list[Future[None]]()
        for letter in letters:
            ended.append(threads.submit(together.do, letter))
            time.sleep(OTHERS / 2 if len(ended) == 1 else 0.01)
        return acts, ended


def test_those_who_come_while_one_is_acted_on_share_an_act_in_their_order() -> None:
    acts, ended = acted("abcd")
    assert acts == ["a", "bcd"]
    assert [each.result() for each in ended] == [None] * 4


@pytest.mark.parametrize(("wrong", "ends"), [("a", "a"), ("c", "bcd"), ("z", "")])
def test_an_error_is_that_of_all_who_went_together_and_of_nobody_else(wrong: str, ends: str) -> None:
    _, ended = acted("abcd", wrong)
    assert [isinstance(each.exception(), LookupError) for each in ended] == [letter in ends for letter in "abcd"]


def test_one_who_comes_after_an_error_is_acted_on() -> None:
    acts = list[Sequence[int]]()

    def act(those: Sequence[int]) -> None:
        acts.append(those)
        if len(acts) == 1:
            raise LookupError

    together = Together(act)
    with pytest.raises(LookupError):
        together.do(1)
    together.do(2)
    assert acts == [[1], [2]]
