"""How the pages speak and write numbers."""

import pytest

from rockola.web.words import WORDS, number, percent, pick_language, plural


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["es"].keys() == WORDS["en"].keys()


def test_no_word_is_the_same_by_mistake() -> None:
    same = {key for key, word in WORDS["es"].items() if WORDS["en"][key] == word}
    assert same == set()


@pytest.mark.parametrize(
    ("language", "value", "decimals", "text"),
    [("es", 1010, 0, "1.010"), ("es", 1234567, 0, "1.234.567"), ("es", 5.2, 2, "5,20"), ("en", 1010, 0, "1,010")],
)
def test_numbers_are_written_as_the_language_does(language: str, value: float, decimals: int, text: str) -> None:
    assert number(WORDS[language], value, decimals) == text


@pytest.mark.parametrize(("language", "text"), [("es", "31,7\u00a0%"), ("en", "31.7%")])
def test_shares_are_percentages(language: str, text: str) -> None:
    assert percent(WORDS[language], 0.316832) == text


@pytest.mark.parametrize(("value", "word"), [(0, "votos"), (1, "voto"), (2, "votos")])
def test_one_and_many_have_their_word(value: int, word: str) -> None:
    assert plural(WORDS["es"], "votes", value) == word


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "language"),
    [("en", "es", "es", "en"), ("", "en", "es", "en"), ("", "", "de,en;q=0.3", "en"), ("fr", "xx", "", "es")],
)
def test_the_first_language_there_is_is_taken(asked: str, kept: str, accepted: str, language: str) -> None:
    assert pick_language(asked, kept, accepted) == language
