"""What the files of the pages never do."""

import re
from pathlib import Path

import pytest

from rockola.web.assets import FOLDER, Assets
from rockola.web.pages import TEMPLATES

FILES = [*FOLDER.iterdir(), *TEMPLATES.iterdir()]
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\|\s*safe|https?://(?!www\.w3\.org/)"
    r"|\son[a-z]+=|\sstyle="
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_makes_markup_of_text_or_runs_inline_or_asks_another_host(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text()) == []


def test_a_file_has_the_digest_of_its_content_in_its_name() -> None:
    assert re.fullmatch(r"/static/rockola\.[0-9a-f]{12}\.css", Assets().url("rockola.css"))
