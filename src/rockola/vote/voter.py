"""Voters are known by a digest alone: HMAC-SHA256 (RFC 2104) under the contest's secret, its first 32 hex digits."""

import hmac

from rockola.vote.errors import InvalidVote
from rockola.vote.model import require

LONGEST_VOTER = 128  # bytes


def check_voter(voter: str) -> bytes:
    """The voter's bytes; InvalidVote when there are none or too many. Otherwise opaque."""
    try:
        text = voter.encode()
    except UnicodeEncodeError as error:
        raise InvalidVote("voter", "must be valid Unicode") from error
    require(1 <= len(text) <= LONGEST_VOTER, "voter", f"must have 1 to {LONGEST_VOTER} bytes")
    return text


def voter_digest(secret: bytes, voter: bytes) -> str:
    """The voter as stored, logged and sent on."""
    return hmac.digest(secret, voter, "sha256").hex()[:32]
