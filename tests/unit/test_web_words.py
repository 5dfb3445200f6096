"""How the pages speak, and write numbers and times."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from babel import Locale
from babel.messages import Message

from rockola.web.assets import Assets
from rockola.web.words import Words, pick_locale
from tools.words import catalogues, said, untranslated

SAME = {"Total"}  # in both languages


def words(tag: str) -> Words:
    return Words(Locale.parse(tag, sep="-"), "America/Guatemala")


@pytest.mark.parametrize("path", [path for path, _ in catalogues()], ids=lambda path: path.parts[-3])
def test_a_catalogue_has_words_for_everything_that_is_said(path: Path) -> None:
    catalogue = dict(catalogues())[path]
    assert {message.id for message in catalogue if message.id} == {message.id for message in said() if message.id}
    assert untranslated(catalogue) == []


@pytest.mark.parametrize("path", [path for path, _ in catalogues()], ids=lambda path: path.parts[-3])
def test_no_word_is_left_as_it_was_or_loses_what_is_put_into_it(path: Path) -> None:
    messages = [message for message in dict(catalogues())[path] if message.id]
    assert {message.id for message in messages if message.id == message.string} == SAME
    assert [message.id for message in messages if str(message.id).count("{}") != str(message.string).count("{}")] == []


def test_the_scripts_are_given_every_word_they_say() -> None:
    spoken = {text for pair in Assets().spoken() for text in pair if text}
    assert spoken == {text for message in said() if in_script(message) for text in texts(message)}


def in_script(message: Message) -> bool:
    return any(name.endswith(".js") for name, _ in message.locations)


def texts(message: Message) -> Sequence[str]:
    return [message.id] if isinstance(message.id, str) else message.id


@pytest.mark.parametrize(
    ("tag", "value", "decimals", "text"),
    [
        ("es", 1010, 0, "1.010"),
        ("es", 1234567, 0, "1.234.567"),
        ("es", 5.2, 2, "5,20"),
        ("es-GT", 1010.5, 1, "1,010.5"),
        ("en", 1010, 0, "1,010"),
    ],
)
def test_numbers_are_written_as_the_reader_does(tag: str, value: float, decimals: int, text: str) -> None:
    assert words(tag).number(value, decimals) == text


@pytest.mark.parametrize(("tag", "text"), [("es", "31,7\u00a0%"), ("es-MX", "31.7%"), ("en", "31.7%")])
def test_shares_are_percentages(tag: str, text: str) -> None:
    assert words(tag).percent(0.316832) == text


@pytest.mark.parametrize(("tag", "text"), [("es", "14 nov 2023, 16:13:20"), ("en", "14 Nov 2023, 16:13:20")])
def test_times_are_those_of_the_contest_s_zone_by_24_hours(tag: str, text: str) -> None:
    assert words(tag).moment("2023-11-14T22:13:20Z") == text


@pytest.mark.parametrize(("value", "word"), [(0, "votos"), (1, "voto"), (2, "votos")])
def test_one_and_many_have_their_word(value: int, word: str) -> None:
    assert words("es").ngettext("vote", "votes", value) == word


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "locale"),
    [
        ("en", "es", "es", "en"),
        ("", "en", "es", "en"),
        ("", "", "de,en;q=0.3", "en"),
        ("", "", "en;q=0.3, es-gt;q=0.9", "es_GT"),
        ("en", "", "es-GT,en-GB;q=0.5", "en_GB"),
        ("", "", "es-XX", "es"),
        ("", "", "es;q=0..1, en;q=1e9, es-" + "9" * 999, "es"),
        ("fr", "xx", "", "es"),
    ],
)
def test_the_first_language_there_is_is_taken(asked: str, kept: str, accepted: str, locale: str) -> None:
    assert str(pick_locale(asked, kept, accepted)) == locale
