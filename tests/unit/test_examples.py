"""The examples both languages are held to: contract/examples.json, each a test of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from rockola.vote.body import RANK_OF, BodyReader
from rockola.vote.codec import encode_record, spell_rank
from rockola.vote.contest import Contest, read_contest
from rockola.vote.errors import InvalidVote, MalformedVote
from rockola.vote.model import Door, Vote, partition_of
from rockola.vote.voter import check_voter, voter_digest

Example = dict[str, Any]
Read = Callable[[bytes, str | None], Vote]

EXAMPLES = json.loads((Path(__file__).parents[2] / "contract" / "examples.json").read_text())
CASES = [(table["contest"], case) for table in EXAMPLES["catalogue"] for case in table["cases"]]
ELSEWHERE = {"B-37", "B-56", "B-57", "B-58"}  # headers, and what the consumer decides
HERE = {f"B-{row}" for row in range(36, 59)} - ELSEWHERE


def reads(contest: Contest) -> dict[str, Read]:
    """Both ways to read a body: as a gateway does, and the exact one it falls back to."""
    reader = BodyReader(EXAMPLES["secret"].encode(), contest)
    return {"usual": reader.read, "exact": reader._read_exactly}


READS = reads(Contest())


def each(section: str, name: str) -> pytest.MarkDecorator:
    """One test for each example of a section, called as it is."""
    return pytest.mark.parametrize("example", [pytest.param(one, id=str(one[name])) for one in EXAMPLES[section]])


def body(example: Example) -> bytes:
    """The bytes of an example's body, in whichever form it is written."""
    if "body_repeat" in example:
        before, text, times, after = example["body_repeat"]
        return (before + text * times + after).encode()
    return bytes.fromhex(example["body_hex"]) if "body_hex" in example else example["body"].encode()


def answer(read: Read, example: Example) -> Example:
    """What a reader says of an example: its record, or the status, code and field."""
    try:
        vote = read(body(example), example.get("idempotency_key"))
    except MalformedVote as error:
        return {"status": 400, "code": error.code}
    except InvalidVote as error:
        return {"status": 422, "code": error.code} | ({"field": error.field} if error.field else {})
    return {"record": encode_record(vote, Door(EXAMPLES["door"]), EXAMPLES["at"]).decode()}


def wanted(example: Example) -> Example:
    """What a reader should say of an example."""
    return {key: example[key] for key in ("record", "status", "code", "field") if key in example}


@pytest.mark.parametrize("way", READS)
@each("accepted", "name")
def test_an_accepted_body_becomes_its_record(example, way):
    assert answer(READS[way], example) == wanted(example)


@pytest.mark.parametrize("way", READS)
@each("refused", "name")
def test_a_refused_body_is_told_what_is_wrong(example, way):
    assert answer(READS[way], example) == wanted(example)


@pytest.mark.parametrize("way", ["usual", "exact"])
@pytest.mark.parametrize(("contest", "case"), [pytest.param(*one, id=one[1]["name"]) for one in CASES])
def test_a_catalogue_spells_its_candidates_and_refuses_others(contest, case, way):
    assert answer(reads(read_contest(contest))[way], case) == wanted(case)


@each("ranks", "text")
def test_a_rank_is_read_in_hundredths(example):
    assert RANK_OF[example["text"]] == example["hundredths"]


@each("ranks", "text")
def test_a_rank_is_spelled_as_short_as_can_be(example):
    assert spell_rank(example["hundredths"]) == example["spelled"]


@each("partitions", "key")
def test_a_key_has_its_crc32(example):
    assert crc32(example["key"].encode()) == example["crc32"]


@each("partitions", "key")
def test_a_key_has_its_partition(example):
    partitions = {number: partition_of(example["key"], int(number)) for number in example["of"]}
    assert partitions == example["of"]


@pytest.mark.parametrize("example", EXAMPLES["voters"])
def test_a_voter_has_its_digest(example):
    assert voter_digest(example["secret"].encode(), check_voter(example["voter"])) == example["digest"]


@pytest.mark.parametrize(
    ("section", "least"), {"accepted": 40, "refused": 80, "ranks": 25, "partitions": 25, "voters": 25}.items()
)
def test_there_are_enough_examples(section, least):
    assert len(EXAMPLES[section]) >= least


@pytest.mark.parametrize("row", sorted(HERE))
def test_every_row_of_bad_input_has_an_example(row):
    names = [one["name"] for one in EXAMPLES["accepted"] + EXAMPLES["refused"] + [case for _, case in CASES]]
    assert any(name.startswith(f"{row} ") for name in names)
