"""`rockola verify` where a store is not as it was: cut at its beginning, away, or of a kind that nobody can recount."""

from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from contract.verify.archives import change, votes
from contract.verify.counting import OPEN, Books, append_votes, count, fill, poison_topic
from contract.verify.tallies import client_of
from rockola.opening import open_log_reader
from rockola.urls import WrongUrl
from rockola.vote.errors import Unavailable
from running import run
from services import Services


@pytest.fixture
def empty(services: Services, tmp_path: Path) -> Books:
    """A log in Kafka of the test's own, to be counted into files."""
    name = f"test-{uuid4().hex}"
    log = f"{services['kafka']}/{name}?partitions=2&create_topic=true&group={name}"
    open_log_reader(log).close()
    return Books.files(tmp_path)._replace(log=log)


@pytest.fixture
def books(empty: Books) -> Books:
    """The same with votes in it."""
    fill(empty.log)
    return empty


def cut(log: str, before: int) -> None:
    """Deletes what lies before an offset of partition 0, as an age limit does."""
    url = urlsplit(log)
    admin = AdminClient({"bootstrap.servers": url.netloc})
    partition = TopicPartition(url.path.strip("/"), 0, before)
    admin.delete_records([partition])[partition].result()


def test_a_log_that_no_longer_begins_at_0_says_what_that_means(books: Books) -> None:
    count(books, OPEN)
    cut(books.log, 5)
    (difference,) = books.verified(OPEN).differences
    assert "The log begins at 0.5, no longer at 0" in difference
    assert "`rockola verify --archive-only`" in difference
    assert list(books.verified(OPEN, "log").differences) == [difference]
    assert list(books.verified(OPEN, "archive").differences) == []


def test_what_a_cut_log_cannot_say_the_archive_still_does(books: Books) -> None:
    count(books, OPEN)
    cut(books.log, 5)
    change(books.archive, "UPDATE votes SET album = 'Bell2' WHERE (partition, offset) = (0, 4)")
    assert "and the recount of the archive" in "\n".join(books.verified(OPEN).differences)


def test_a_position_behind_the_mark_of_a_transaction_is_kept_to(books: Books) -> None:
    poison_topic(books.log)
    count(books, OPEN)
    append_votes(books.log)
    assert list(books.verified(OPEN).differences) == []


def test_a_record_without_bytes_is_unreadable_to_both(empty: Books) -> None:
    url = urlsplit(empty.log)
    producer = Producer({"bootstrap.servers": url.netloc})
    producer.produce(url.path.strip("/"), None, partition=0)
    producer.flush()
    count(empty, OPEN)
    report = empty.verified(OPEN)
    assert list(report.differences) == []
    assert report.verdicts["unreadable"] == 1


@pytest.fixture
def documents(services: Services, tmp_path: Path) -> Books:
    """A log in a file, counted into MongoDB."""
    books = Books.files(tmp_path)._replace(archive=f"{services['mongo']}/test-{uuid4().hex}")
    fill(books.log)
    count(books, OPEN)
    return books


def test_f49_a_document_under_another_id_is_named(documents: Books) -> None:
    with votes(documents.archive) as found:
        document = found.find_one_and_delete({"partition": 0, "offset": 2}) or {}
        found.insert_one(document | {"_id": document["_id"].replace(".0.2", ".0.99")})
    assert "does not hold the log's record 0.2 as it is" in "\n".join(documents.verified(OPEN).differences)


def test_f49_a_duplicate_of_a_record_in_another_partition_is_named(documents: Books) -> None:
    with votes(documents.archive) as found:
        document = found.find_one({"verdict": "duplicate"}) or {}
        generation, _, offset = document["duplicate_of"].split(".")
        found.update_one({"_id": document["_id"]}, {"$set": {"duplicate_of": f"{generation}.9.{offset}"}})
    assert "has another verdict" in "\n".join(documents.verified(OPEN).differences)


@pytest.mark.parametrize(("field", "value"), [("rank", "9.5"), ("received_at", "today"), ("voter", {}), ("id", 5)])
def test_f49_a_field_of_another_kind_is_named(documents: Books, field: str, value: object) -> None:
    with votes(documents.archive) as found:
        found.update_one({"partition": 0, "offset": 2}, {"$set": {field: value}})
    assert "does not hold the log's record 0.2 as it is" in "\n".join(documents.verified(OPEN).differences)
    assert documents.verified(OPEN, "archive").differences


@pytest.fixture
def files(tmp_path: Path) -> Books:
    """Files in which the votes were counted."""
    books = Books.files(tmp_path)
    fill(books.log)
    count(books, OPEN)
    return books


AWAY = {
    "log": "kafka://somebody:secret@127.0.0.1:1/votes",
    "archive": "mongodb://somebody:secret@127.0.0.1:1",
    "tally": "redis://somebody:secret@127.0.0.1:1",
}


@pytest.mark.parametrize("store", AWAY)
def test_a_store_that_is_away_is_named_without_its_password(
    files: Books, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    monkeypatch.setattr("rockola.verify.kafka.ANSWER", 1.0)
    monkeypatch.setattr("rockola.verify.mongo.ANSWER", 1000)
    with pytest.raises(Unavailable, match=f"{store} at .*//127.0.0.1:1") as raised:
        files._replace(**{store: AWAY[store]}).verified(OPEN)
    assert "secret" not in f"{raised.value} {raised.value.__cause__}"


@pytest.mark.parametrize("store", AWAY)
def test_a_store_that_nobody_can_recount_is_refused(files: Books, store: str) -> None:
    with pytest.raises(WrongUrl, match="Nothing recounts ftp URLs"):
        files._replace(**{store: "ftp://127.0.0.1/votes"}).verified(OPEN)


@pytest.mark.parametrize(
    ("store", "url"),
    [
        ("log", "kafka://me:pass/word@127.0.0.1/votes"),
        ("archive", "mongodb://me:pass@word@127.0.0.1/votes"),
        ("archive", "mongodb://me:pass/word@127.0.0.1/votes"),
        ("tally", "redis://me:pass/word@127.0.0.1/0"),
        ("tally", "redis://me:word@127.0.0.1:port/0"),
    ],
)
def test_a_password_that_breaks_its_url_is_not_told(files: Books, store: str, url: str) -> None:
    with pytest.raises(WrongUrl) as raised:
        files._replace(**{store: url}).verified(OPEN)
    assert "word" not in str(raised.value).replace("password", "")


def test_a_count_that_is_no_number_is_a_sentence(services: Services, files: Books) -> None:
    tally = f"{services['valkey']}/0#test-{uuid4().hex}"
    with client_of(tally) as client:
        prefix = tally.partition("#")[2]
        client.set(f"{prefix}rockola", '{"generation": "g", "partitions": 1, "contest": ""}')
        client.hset(f"{prefix}{{g:0}}:counts", "position", "five")
    with pytest.raises(Unavailable, match="tally at redis"):
        files._replace(tally=tally).verified(OPEN)


def verified(files: Books, *flags: str) -> tuple[int, str]:
    """The exit code of the command and all that it says."""
    done = run("verify", *(f"--{name}={url}" for name, url in files._asdict().items()), *flags)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "Log, archive and tally say the same."),
        (["--archive-only"], "Archive and tally say the same."),
        (["--log-only"], "Log and tally say the same."),
    ],
)
def test_the_command_says_what_it_compared(files: Books, flags: list[str], sentence: str) -> None:
    code, said = verified(files, *flags)
    assert (code, sentence in said) == (0, True)
    assert "Recounted up to 0." in said


def test_the_command_ends_with_1_and_the_difference(files: Books) -> None:
    change(files.archive, "UPDATE votes SET album = 'Bell2' WHERE (partition, offset) = (0, 2)")
    code, said = verified(files)
    assert (code, "does not hold the log's record 0.2 as it is" in said) == (1, True)


def test_both_halves_alone_are_refused(files: Books) -> None:
    code, said = verified(files, "--archive-only", "--log-only")
    assert (code, "nothing to recount" in said) == (2, True)
