"""What the files of the pages never do."""

import re
from pathlib import Path

import pytest

from rockola.web.assets import FOLDER, Assets
from rockola.web.render import TEMPLATES

FILES = [path for folder in (FOLDER, TEMPLATES) for path in folder.iterdir() if path.is_file()]
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\|\s*safe|https?://(?!www\.w3\.org/)"
    r"|\son[a-z]+=|\sstyle="
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_makes_markup_of_text_or_runs_inline_or_asks_another_host(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text()) == []


def test_a_file_has_the_digest_of_its_content_in_its_name() -> None:
    assert re.fullmatch(r"/static/rockola\.[0-9a-f]{12}\.css", Assets().url("rockola.css"))


def test_a_file_names_those_it_imports_by_their_digest() -> None:
    assets = Assets()
    script = assets.files[assets.url("results.js").removeprefix("/static/")].content.decode()
    assert {f"/static/{name}" for name in re.findall(r'from "\./([^"]+)"', script)} == {
        assets.url(name) for name in ("board.js", "feed.js", "format.js", "minutes.js", "ranks.js")
    }


def test_all_files_together_weigh_under_150_kb() -> None:
    assert sum(len(asset.zipped) for asset in Assets().files.values()) < 150_000


def test_a_style_sheet_holds_those_it_imports() -> None:
    assets = Assets()
    sheet = assets.files[assets.url("results.css").removeprefix("/static/")].content.decode()
    assert ("@import" in sheet, "--candidate-0" in sheet, ".uplot" in sheet) == (False, True, True)
