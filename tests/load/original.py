"""A locustfile of the original contest's kind: it knows nothing of ids, receipts or promises, and posts to "/"."""

import json
import os
from pathlib import Path

from locust import HttpUser, constant, task

VOTES = json.loads(Path(os.environ["VOTES"]).read_text())


class Fan(HttpUser):
    """Posts the votes of the file, one after the other, all values as texts."""

    wait_time = constant(0)

    @task
    def vote(self):
        if VOTES:
            self.client.post("/", json=VOTES.pop())
        else:
            self.environment.runner.quit()
