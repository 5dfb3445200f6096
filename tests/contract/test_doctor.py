"""`rockola doctor` says of each store whether its settings hold the promise, and whether they belong together."""

from contextlib import closing
from pathlib import Path

import pytest

from rockola.consumer import Consumer
from rockola.findings import Finding, Grade, finding, require_fit
from rockola.opening import open_archive, open_log_reader, open_tally
from rockola.vote.contest import Contest
from rockola.vote.errors import Unfit
from running import run


def doctor(data: Path, *flags: str) -> tuple[int, str]:
    """Its exit code, and what it says in one line."""
    done = run("doctor", "--data", str(data), *flags, COLUMNS="300")
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_fresh_files_are_good(data: Path) -> None:
    code, said = doctor(data)
    assert (code, said.count(" good "), "broken" in said) == (0, 13, False)


def test_a_damaged_file_is_broken(data: Path) -> None:
    (data / "tally.db").write_bytes(b"no database" * 1000)
    code, said = doctor(data)
    assert code == 1
    assert "│ tally │ answers │" in said


def test_stores_of_another_log_are_broken(data: Path) -> None:
    bind(data)
    for path in data.glob("log.db*"):
        path.unlink()
    code, said = doctor(data)
    assert code == 1
    assert "The tally's generation is" in said
    assert "The archive keeps the log" in said


def test_another_contest_is_broken(data: Path) -> None:
    bind(data)
    contest = data / "contest.toml"
    contest.write_text("votes_per_voter = 3\n")
    code, said = doctor(data, "--contest", str(contest))
    assert code == 1
    assert "The tally's contest is" in said


def bind(data: Path) -> None:
    """Binds tally and archive to the log."""
    log, archive, tally = (f"sqlite:///{data}/{name}.db" for name in ("log", "archive", "tally"))
    with (
        closing(open_log_reader(log)) as reader,
        closing(open_archive(archive)) as kept,
        closing(open_tally(tally)) as counted,
    ):
        Consumer(reader, kept, counted, Contest(), 100)


def test_no_data_folder_is_a_sentence(tmp_path: Path) -> None:
    assert doctor(tmp_path / "none") == (2, f"There is no data folder {tmp_path / 'none'}. Name another with --data.")


def test_the_first_broken_setting_refuses_the_store_and_says_what_to_change() -> None:
    good, broken = finding("a", 1, True, "No."), finding("b", 2, False, "Make it 3.")
    with pytest.raises(Unfit, match=r"^The tally at h: b is 2\. Make it 3\.$"):
        require_fit("The tally at h", [good, broken])


def test_a_risky_setting_is_let_through_and_told() -> None:
    risky = Finding("copies", "1", Grade.RISKY, "Have two.")
    assert require_fit("The log", [risky, finding("a", 1, True, "No.")]) == [risky]
