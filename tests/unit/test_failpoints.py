"""Named points do what they were armed with, and nothing otherwise."""

import os
import signal
import time

import pytest

from rockola.failpoints import Failed, arm, failpoint


@pytest.fixture(autouse=True)
def _disarmed():
    """Leaves no point armed behind."""
    yield
    arm("")


@pytest.fixture
def killed(monkeypatch):
    """The signals this process would have sent to itself."""
    signals = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    return signals


@pytest.fixture
def slept(monkeypatch):
    """The seconds this process would have slept."""
    seconds = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def failures(name: str, passes: int) -> list[bool]:
    """Whether each pass of a point failed."""

    def fails() -> bool:
        try:
            failpoint(name)
        except Failed:
            return True
        return False

    return [fails() for _ in range(passes)]


def test_a_point_that_is_not_armed_does_nothing():
    assert failures("log.append", 2) == [False, False]


def test_a_point_fails_as_often_as_it_was_armed_to():
    arm("log.append=fail:2")
    assert failures("log.append", 4) == [True, True, False, False]


def test_a_point_fails_once_without_a_number():
    arm("log.append=fail")
    assert failures("log.append", 2) == [True, False]


def test_a_point_kills_at_its_first_pass_without_a_number(killed):
    arm("log.append=kill")
    failpoint("log.append")
    assert killed == [(os.getpid(), signal.SIGKILL)]


@pytest.mark.parametrize(("passes", "kills"), [(2, 0), (3, 1)])
def test_a_point_kills_at_the_pass_it_was_armed_with(killed, passes, kills):
    arm("log.append=kill:3")
    for _ in range(passes):
        failpoint("log.append")
    assert len(killed) == kills


def test_a_point_sleeps_at_every_pass(slept):
    arm("log.append=sleep:0.25")
    for _ in range(2):
        failpoint("log.append")
    assert slept == [0.25, 0.25]


def test_points_are_armed_apart():
    arm("log.append=fail,tally.apply=fail:2")
    assert (failures("log.append", 2), failures("tally.apply", 3)) == ([True, False], [True, True, False])


def test_arming_again_forgets_what_was_armed():
    arm("log.append=fail")
    arm("tally.apply=fail")
    assert failures("log.append", 1) == [False]


@pytest.mark.parametrize("spec", ["log.append", "log.append=", "log.append=explode", "log.append:fail", "fail"])
def test_another_action_is_refused_by_name(spec):
    with pytest.raises(ValueError, match=f"a failpoint is armed with kill, sleep, fail: {spec}"):
        arm(spec)


@pytest.mark.parametrize("spec", ["log.append=kill:soon", "log.append=sleep:1s", "log.append=fail:1:2"])
def test_what_is_no_number_is_refused(spec):
    with pytest.raises(ValueError, match="could not convert string to float"):
        arm(spec)
