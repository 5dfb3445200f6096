"""Where votes may come from, and what their ids are (B-100 to B-103)."""

import gzip
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from rockola.send.errors import WrongFile
from rockola.send.source import CHUNK
from rockola.send.votefile import VoteFile, open_votes

LINE = b'{"name":"Alux Nahual","album":"El Viaje","year":2011,"rank":8.6}\n'
OWN = LINE.replace(b"{", b'{"id":"stage-left-1",')
NOBODY = 65534


def written(folder: Path, content: bytes, name: str = "votes") -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path


Opened = Callable[[Path | str], VoteFile]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens a path."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(closing(open_votes(str(path))))


def ids(file: VoteFile) -> list[str]:
    """The ids of a file's votes."""
    return [ballot.id for ballot in file.ballots()]


def complaint(path: Path | str, limit: int | None = None) -> str:
    """Why a path is no vote file."""
    with pytest.raises(WrongFile) as caught:
        open_votes(str(path), limit=limit)
    return str(caught.value).removeprefix(f"{path}: ")


def test_b100_an_id_is_the_digest_and_the_row(opened: Opened, tmp_path: Path) -> None:
    digest = hashlib.sha256(LINE * 2).hexdigest()[:24]
    assert ids(opened(written(tmp_path, LINE * 2))) == [f"{digest}.1", f"{digest}.2"]


def test_b100_a_copy_has_the_same_ids(opened: Opened, tmp_path: Path) -> None:
    original, copy = (written(tmp_path, LINE * 3, name) for name in ("votes.ndjson", "copy"))
    assert ids(opened(original)) == ids(opened(copy))


def test_b100_a_packed_copy_has_the_same_ids(opened: Opened, tmp_path: Path) -> None:
    original, copy = written(tmp_path, LINE), written(tmp_path, gzip.compress(LINE), "votes.gz")
    assert ids(opened(original)) == ids(opened(copy))


def test_b100_another_file_has_other_ids(opened: Opened, tmp_path: Path) -> None:
    one, other = written(tmp_path, LINE), written(tmp_path, LINE + b"\n", "other")
    assert not set(ids(opened(one))) & set(ids(opened(other)))


def test_b100_a_row_keeps_an_id_of_its_own(opened: Opened, tmp_path: Path) -> None:
    assert ids(opened(written(tmp_path, LINE + OWN)))[1] == "stage-left-1"


def test_b100_the_body_holds_the_id_once(opened: Opened, tmp_path: Path) -> None:
    assert [ballot.body.count(b'"id"') for ballot in opened(written(tmp_path, LINE + OWN)).ballots()] == [1, 1]


def test_b100_every_reading_gives_the_same(opened: Opened, tmp_path: Path) -> None:
    file = opened(written(tmp_path, LINE * 5000))
    assert list(file.ballots()) == list(file.ballots())


PACKED = gzip.compress(LINE, mtime=0)
REFUSED = {
    "B-101 a bomb": (gzip.compress(bytes(50_000_000)), "line 1, byte 1: a row is longer than 4096 bytes"),
    "B-101 a bomb of blank lines": (gzip.compress(b"\n" * 50_000_000), "unpacks to more than"),
    "B-101 two streams": (PACKED + PACKED, "holds more than one gzip stream"),
    "B-101 a tail": (PACKED + b"\0", "holds more than one gzip stream"),
    "B-101 half a stream": (PACKED[:-12], "ends in the middle of its gzip stream"),
    "B-101 a damaged stream": (PACKED[:20] + b"\xff\xff" + PACKED[22:], "is damaged: it cannot be unpacked"),
    "B-101 a zip": (b"PK\x03\x04" + bytes(100), "is a zip archive"),
    "B-101 packed twice": (gzip.compress(PACKED, mtime=0), "line 1"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", REFUSED)
def test_only_one_gzip_stream_is_unpacked(tmp_path: Path, case: str) -> None:
    content, said = REFUSED[case]
    assert complaint(written(tmp_path, content)).startswith(said)


def test_b101_a_packed_file_is_limited_unpacked(tmp_path: Path) -> None:
    assert complaint(written(tmp_path, gzip.compress(LINE * 100)), limit=500).startswith("unpacks to more than 500")


def test_b101_a_file_is_limited_when_asked_for(tmp_path: Path) -> None:
    assert complaint(written(tmp_path, LINE * 10), limit=500) == "is larger than 500 bytes"


def test_b102_a_device_is_no_vote_file() -> None:
    assert complaint("/dev/zero").startswith("is not a regular file")


def test_b102_a_fifo_without_a_writer_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert complaint(tmp_path / "fifo").startswith("is not a regular file")


def test_b102_a_folder_is_no_vote_file(tmp_path: Path) -> None:
    assert complaint(tmp_path).startswith("is not a regular file")


def test_b102_a_missing_file_is_said_to_be(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none") == "cannot be opened: No such file or directory"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's rights, if there are any."""
    before = os.geteuid()
    if not before:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_b102_an_unreadable_file_is_said_to_be(tmp_path: Path) -> None:
    path = written(tmp_path, LINE)
    path.chmod(0)
    with as_nobody():
        assert complaint(path) == "cannot be opened: Permission denied"


def test_b102_a_link_to_an_unreadable_file_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/shadow")
    with as_nobody():
        assert complaint(tmp_path / "link") == "cannot be opened: Permission denied"


def test_b102_a_link_to_a_vote_file_is_one(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(written(tmp_path, LINE))
    assert opened(tmp_path / "link").votes == 1


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Makes this what stdin brings."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_b102_a_dash_reads_stdin(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, PACKED)
    assert len(ids(opened("-"))) == 1


def test_b102_stdin_is_limited_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, LINE * 10)
    assert complaint("-", limit=500) == "is larger than 500 bytes"


MANY = LINE * (3 * CHUNK // len(LINE))


def test_b103_what_is_appended_later_is_not_sent(opened: Opened, tmp_path: Path) -> None:
    path = written(tmp_path, LINE)
    file = opened(path)
    with path.open("ab") as end:
        end.write(LINE)
    assert len(ids(file)) == 1


def test_b103_a_file_that_became_shorter_is_an_error(opened: Opened, tmp_path: Path) -> None:
    path = written(tmp_path, MANY)
    file = opened(path)
    os.truncate(path, CHUNK + 1)
    with pytest.raises(WrongFile, match=re.escape(f"{path}: became shorter while it was read")):
        ids(file)


def test_b103_nothing_of_a_changed_part_is_sent(opened: Opened, tmp_path: Path) -> None:
    path = written(tmp_path, MANY)
    file = opened(path)
    path.write_bytes(MANY[:CHUNK] + MANY[CHUNK:].replace(b"8.6", b"8.7"))
    sent = list[bytes]()
    with pytest.raises(WrongFile, match="changed while it was sent"):
        sent.extend(ballot.body for ballot in file.ballots())
    assert not any(b"8.7" in body for body in sent)
