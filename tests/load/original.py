"""A locustfile of the original contest's kind: it knows nothing of ids, receipts or promises, and posts to "/"."""

import json
import os
import random
from pathlib import Path

from locust import HttpUser, between, task


class Reader:
    """The votes of a file in any order, each once."""

    def __init__(self):
        self.votes = json.loads(Path(os.environ["VOTES"]).read_text())
        random.shuffle(self.votes)

    def pick(self):
        """One of those that are left, or None."""
        return self.votes.pop() if self.votes else None


class Fan(HttpUser):
    """Posts one vote after the other, all values as texts, and ends when there are no more."""

    wait_time = between(0, 0.02)
    reader = Reader()

    @task
    def vote(self):
        if vote := self.reader.pick():
            self.client.post("/", json=vote)
        else:
            self.stop(True)
