"""What the pages say, and how they write numbers and times: the catalogues of gettext, and the reader's own manner."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations, translation
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, localedata
from babel.dates import format_datetime
from babel.numbers import get_decimal_symbol, get_group_symbol

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("es", "en")
SOURCE = "en"  # the language of the templates and scripts; the others have a catalogue
WISH = re.compile(r"\s*([a-z]{2})(?:-([a-z]{2}|[0-9]{3}))?\s*(?:;\s*q=([0-9.]{1,6})\s*)?", re.IGNORECASE)


class Words:
    """A language, as people of one country write it, with the contest's time zone."""

    def __init__(self, locale: Locale, zone: str) -> None:
        self.language, self.locale, self.zone = locale.language, locale, zone
        self.tag = str(locale).replace("_", "-")
        self.group, self.decimal = get_group_symbol(locale), get_decimal_symbol(locale)
        self.percent_sign = "\u00a0%" if "\u00a0" in locale.percent_formats[None].pattern else "%"
        catalogue = _catalogue(self.language)
        self.gettext, self.ngettext = catalogue.gettext, catalogue.ngettext

    def number(self, value: float, decimals: int = 0) -> str:
        """1010 as 1.010 or 1,010."""
        return f"{value:,.{decimals}f}".translate({ord(","): self.group, ord("."): self.decimal})

    def percent(self, share: float) -> str:
        """A share as a percentage with one decimal."""
        return self.number(share * 100, 1) + self.percent_sign

    def clock(self, instant: str) -> str:
        """The time of an instant of the API, to the second: 18:04:05."""
        return self._written(instant, "HH:mm:ss")

    def minute(self, instant: str) -> str:
        """The time of an instant, to the minute: 18:04."""
        return self._written(instant, "HH:mm")

    def moment(self, instant: str) -> str:
        """Day and time of an instant: 28 nov 2026, 18:04:05."""
        return self._written(instant, "d MMM y, HH:mm:ss")

    def for_scripts(self, spoken: Iterable[tuple[str, str]]) -> Mapping[str, object]:
        """What the scripts say, as `Assets.spoken` lists it, and how numbers are written; `format.js` reads it."""
        return {
            "locale": self.tag,
            "zone": self.zone,
            "group": self.group,
            "decimal": self.decimal,
            "percent": self.percent_sign,
            "texts": {one: self._told(one, many) for one, many in spoken},
        }

    def _told(self, one: str, many: str) -> str | list[str]:
        return [self.ngettext(one, many, number) for number in (1, 2)] if many else self.gettext(one)

    def _written(self, instant: str, pattern: str) -> str:
        return format_datetime(datetime.fromisoformat(instant), pattern, ZoneInfo(self.zone), self.locale)


def pick_locale(asked: str, kept: str, accepted: str) -> Locale:
    """The first of the URL's, the cookie's and the browser's languages that there is; Spanish when there is none.

    The country is the browser's, if it names one for that language: who reads es-GT writes 1,010, and es-ES 1.010.
    """
    wishes = _wishes(accepted)
    language = next((wish for wish in (asked, kept, *(name for name, _ in wishes)) if wish in LANGUAGES), LANGUAGES[0])
    names = (f"{language}_{country}" for name, country in wishes if name == language and country)
    return Locale.parse(next(filter(localedata.exists, names), language))


@lru_cache(256)
def words_of(locale: Locale, zone: str) -> Words:
    """The words of a locale; there are fewer than those kept."""
    return Words(locale, zone)


def _wishes(accepted: str) -> list[tuple[str, str]]:
    """Language and country of what the browser accepts, the best first."""
    found = [match for entry in accepted.split(",") if (match := WISH.fullmatch(entry))]
    found.sort(key=lambda match: -_quality(match[3]))
    return [(match[1].lower(), (match[2] or "").upper()) for match in found]


def _quality(text: str | None) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def _catalogue(language: str) -> GNUTranslations | NullTranslations:
    return NullTranslations() if language == SOURCE else translation("rockola", LOCALES, [language])
