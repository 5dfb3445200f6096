"""Brings the pages' catalogues up to what templates, scripts and code say, and compiles them: `make words`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from tools.build_pages import WEB, compile_catalogues

LOCALES = WEB / "locales"
READ_BY = [("templates/*.html", "jinja2"), ("*.py", "python"), ("static/*.js", "javascript")]
HEADER = b"""msgid ""
msgstr ""
"Language: %s\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""  # without the times and tools that would make every run a change
SAYING = {"_": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2)}


def said() -> Catalog:
    """Everything that is said, with the files that say it."""
    catalogue = Catalog()
    for name, _, message, _, _ in extract_from_dir(WEB, READ_BY, keywords=SAYING):
        catalogue.add(message, locations=[(name, 0)])
    return catalogue


def catalogues() -> Iterator[tuple[Path, Catalog]]:
    """The catalogues there are."""
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/*.po")):
        with path.open("rb") as source:
            yield path, read_po(source, locale=path.parts[-3])


def untranslated(catalogue: Catalog) -> list[Message]:
    """What it has no words for."""
    messages = (message for message in catalogue if message.id)
    return [
        message
        for message in messages
        if not all(message.string if isinstance(message.string, tuple) else [message.string])
    ]


def main() -> None:
    """Exit 1 with the messages that are still to be translated."""
    missing = []
    for path, catalogue in catalogues():
        catalogue.update(said(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as target:
            target.write(HEADER % str(catalogue.locale).encode())
            write_po(target, catalogue, width=120, include_lineno=False, sort_output=True, omit_header=True)
        missing += [f"{path}: {message.id}" for message in untranslated(catalogue)]
    compile_catalogues(LOCALES)
    sys.exit("\n".join(missing) or None)


if __name__ == "__main__":
    main()
