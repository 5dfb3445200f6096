"""verify reads and judges by code of its own: on any log it says the same as the consumer does."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from building import VOTER, keyed, vote
from rockola.verify.judging import Judge
from rockola.verify.passes import judged
from rockola.verify.reading import read
from rockola.verify.report import Memory, Sums
from rockola.vote.codec import decode_record, encode_record
from rockola.vote.contest import Contest, read_contest
from rockola.vote.errors import UnreadableRecord
from rockola.vote.model import Door
from rockola.vote.rules import Entry, Known, effect, judge
from rockola.vote.rules import read as read_entries

IDS, VOTERS = ["", "abcdefgh", "abcdefgi", "abcdefgj"], ["", VOTER, "f" * 32]
CATALOGUE = '[[candidates]]\nname = "Bohemia Suburbana"\nalbum = "{}"\n'
CLOSED = read_contest("votes_per_voter = 2\n" + CATALOGUE.format("Ash") + CATALOGUE.format("Bell"))
CONTESTS = st.sampled_from([Contest(), read_contest("votes_per_voter = 1"), CLOSED])
VOTES = st.builds(
    vote,
    st.sampled_from(["Ash", "Bell", 'Quo"te \\ 😀']),
    st.sampled_from(IDS),
    st.sampled_from(VOTERS),
    st.integers(0, 1000),
)
LOGS = st.lists(VOTES.map(lambda one: keyed(one).value) | st.just(b"\xff"), max_size=15)
SIGNS = st.sampled_from("ab  \u00a0\u2003\u3000\u0301\u00e9\u202e\u200e\u200b\u2028\x7f\x9f\ud800")
NAMES = st.text(SIGNS | st.characters(), min_size=1, max_size=6)
WRITTEN = encode_record(vote("Ash", "abcdefgh", VOTER, 950), Door.GRPC, 1_700_000_000_000)
PIECES = [
    *(b'"' + field + b'":' for field in (b"name", b"album", b"year", b"rank", b"id", b"voter", b"door", b"at", b"x")),
    *(b'""', b'"Ash"', b'" Ash"', b'"A  b"', b'"\\u0041"', b'"e\\u0301"', b'"\\u00e9"', b'"\\ud800"', b'"\\u202e"'),
    *(b"1997", b"1997.0", b"19.97e2", b'"1997"', b"2101", b"9.5", b"9.50", b"10", b"10.01", b"0.0", b"-0", b"1e1"),
    *(b"null", b"true", b"[]", b"{}", b"NaN", b'"grpc"', b'"rust"', b'"abcdefgh"', b'"abc"', b'"' + b"f" * 32 + b'"'),
    *(b",", b":", b" ", b"\n", b"\t", b"{", b"}", b"\xff", b"\xef\xbb\xbf", b"\x00", b"\xc2\xa0", b"253402300800000"),
]


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A record in which some bytes were replaced by others."""
    value = WRITTEN
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(value)))
        end = draw(st.integers(start, min(len(value), start + 12)))
        value = value[:start] + draw(st.sampled_from(PIECES)) + value[end:]
    return value


@st.composite
def rewritten(draw: st.DrawFn) -> bytes:
    """Fields in any order, some with another value, some twice."""
    fields = draw(st.permutations(WRITTEN[1:-1].split(b",")))
    for index in draw(st.lists(st.integers(0, len(fields) - 1), max_size=2)):
        fields[index] = fields[index].partition(b":")[0] + b":" + draw(st.sampled_from(PIECES))
    return b"{" + b",".join([*fields, *draw(st.lists(st.sampled_from(fields), max_size=2))]) + b"}"


def consumer_reads(value: bytes) -> tuple[Any, ...] | None:
    """The same as `read`, as the consumer's codec says it."""
    try:
        vote, door, at = (found := decode_record(value)).vote, found.door, found.at
    except UnreadableRecord:
        return None
    return vote.name, vote.album, vote.year, vote.rank, vote.id or None, vote.voter or None, door, at


@given(NAMES, NAMES)
def test_any_name_is_read_alike(name: str, album: str) -> None:
    text = WRITTEN.replace(b"Ash", album.encode(errors="surrogatepass"))
    value = text.replace(b"Bohemia Suburbana", name.encode(errors="surrogatepass"))
    assert read(value) == consumer_reads(value)


@given(spoiled() | rewritten())
def test_any_bytes_are_read_alike(value: bytes) -> None:
    assert read(value) == consumer_reads(value)


@given(LOGS, CONTESTS)
def test_any_log_is_judged_and_counted_alike(log: Sequence[bytes], contest: Contest) -> None:
    own = Judge(contest)
    mine = [(row.offset, row.verdict, row.duplicate_of) for row in judged(iter(enumerate(log)), own)]
    theirs = judge(read_entries([Entry(*each) for each in enumerate(log)]), Known({}, {}), contest)
    assert mine == [(one.offset, one.verdict, one.duplicate_of) for one in theirs]
    sums, (ids, voters, counts) = Sums(), effect(theirs)
    own.add_to(sums)
    assert sums.counts == counts
    assert sums.memory == Memory(len(ids), sum(ids.values()), sum(voters.values()))
