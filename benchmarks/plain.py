"""The plain way to take votes, to compare with: FastAPI, a pydantic model, and an INSERT with its commit per vote."""

import os
import sqlite3
from threading import Lock

from fastapi import FastAPI

from votes import Vote

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
