"""The plain way to take votes, to compare with: FastAPI, a pydantic model, and an INSERT with its commit per vote."""

import os
import sqlite3
import unicodedata
from decimal import Decimal
from threading import Lock
from typing import Annotated

from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def spelled(text: str) -> str:
    """NFC, blanks collapsed; ValueError when nothing is left or a character does not print."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(text) <= 80 or not text.isprintable():
        raise ValueError("must have 1 to 80 characters that print")
    return text


Spelled = Annotated[str, AfterValidator(spelled)]


class Vote(BaseModel):
    """A vote by the rules that rockola has."""

    model_config = ConfigDict(extra="forbid")

    name: Spelled
    album: Spelled
    year: Annotated[int, Field(ge=1900, le=2100)]
    rank: Annotated[Decimal, Field(ge=0, le=10, decimal_places=2)]
    id: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_.:-]{8,128}$")] = None


app, lock = FastAPI(), Lock()
votes = sqlite3.connect(os.environ["PLAIN_DATABASE"], check_same_thread=False)
votes.execute(f"PRAGMA journal_mode={os.environ['PLAIN_JOURNAL']}")
votes.execute("CREATE TABLE votes (place INTEGER PRIMARY KEY, id TEXT UNIQUE, name, album, year, rank)")


@app.post("/grpc", status_code=202)
def cast(vote: Vote) -> dict[str, object]:
    """Answers once the vote is durable; one id is kept once."""
    row = (vote.id, vote.name, vote.album, vote.year, int(vote.rank * 100))
    with lock, votes:
        votes.execute("INSERT OR IGNORE INTO votes (id, name, album, year, rank) VALUES (?, ?, ?, ?, ?)", row)
    return {"id": vote.id}
