"""Votes by minute, as the tally counts them."""

import json

from rockola.web.results import Standing
from rockola.web.timeline import LINES, Line, Timeseries, by_candidate, leading, tabulate


def counts(*votes: tuple[str, int, int]) -> dict[str, int]:
    """The tally's counts of votes for an album in a minute."""
    return {json.dumps(["minute", "Ash", album, minute]): number for album, minute, number in votes}


def standing(place: int, album: str) -> Standing:
    return Standing(place, "Ash", album, 1, 1.0, 5.0, (0,) * 11)


def test_each_minute_has_its_number_and_the_most_voted_comes_first() -> None:
    series = tabulate(by_candidate(counts(("x", 10, 1), ("y", 10, 2), ("y", 12, 3))), range(10, 13))
    assert series.candidates == (Line("Ash", "y", (2, 0, 3)), Line("Ash", "x", (1, 0, 0)))


def test_it_begins_at_its_first_minute() -> None:
    assert tabulate({}, range(28_333_333, 28_333_335)).start == "2023-11-14T22:13:00.000Z"


def test_minutes_outside_are_left_out() -> None:
    assert tabulate(by_candidate(counts(("x", 9, 1), ("x", 13, 1))), range(10, 13)).candidates == ()


def test_behind_a_hundred_candidates_all_others_share_a_line_without_a_name() -> None:
    votes = [(f"{number:03}", 10 + number % 2, 1) for number in range(LINES + 3)]
    series = tabulate(by_candidate(counts(*votes)), range(10, 12))
    assert [line.album for line in series.candidates] == [*(album for album, _, _ in votes[:LINES]), None]
    assert series.candidates[-1] == Line(None, None, (2, 1))


def test_the_leading_have_lines_in_the_order_of_their_places_and_the_others_share_one() -> None:
    lines = tuple(Line("Ash", album, (1, number)) for number, album in enumerate("abcdefg"))
    standings = [standing(place, album) for place, album in enumerate("gfedcba", 1)]
    shown = leading(Timeseries("", lines), standings)
    assert [line.album for line in shown] == ["g", "f", "e", "d", "c", None]
    assert shown[-1].votes == (2, 1)
