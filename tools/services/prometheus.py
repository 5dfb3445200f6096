"""Debian's Prometheus: it scrapes what its configuration names, and is asked over HTTP."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tools.services.cache import program
from tools.services.process import Service


class Api:
    """What a Prometheus at a URL is asked; HTTPError when it does not understand."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What an expression gives now: its series, each with `metric` and `value`."""
        found: list[dict[str, Any]] = self._ask(f"query?{urlencode({'query': expression})}")["result"]
        return found

    def targets(self) -> list[dict[str, Any]]:
        """What it scrapes or tries to, each with `labels` and `health`."""
        found: list[dict[str, Any]] = self._ask("targets?state=active")["activeTargets"]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """Its rules, each with `name`, `health` and perhaps `lastError`."""
        return [rule for group in self._ask("rules")["groups"] for rule in group["rules"]]

    def _ask(self, question: str) -> Any:
        with urlopen(f"{self.url}/api/v1/{question}", timeout=10) as answer:  # noqa: S310
            return json.load(answer)["data"]


class Prometheus(Service):
    """One server; `config` is the text of its prometheus.yml."""

    name, scheme = "prometheus", "http"

    def __init__(self, folder: Path, port: int, config: str = "") -> None:
        super().__init__(folder, port)
        self.config, self.api = config, Api(self.url)

    def prepare(self) -> Sequence[str]:
        (file := self.folder / "prometheus.yml").write_text(self.config)
        flags = {"config.file": file, "storage.tsdb.path": self.folder / "data", "web.listen-address": self.address}
        return [program("prometheus", self.name), *(f"--{name}={value}" for name, value in flags.items())]

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/-/ready", timeout=1) as answer:  # noqa: S310 # our own
                return bool(answer.status == 200)
        except URLError:
            return False
