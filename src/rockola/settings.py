"""The settings: one table, from which flags, environment names and the documentation are made."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from rockola.urls import with_options

# Settings that an adapter reads as options of its URL, and their names there.
KAFKA, REDIS = {"create_topic": "create_topic", "group_protocol": "protocol"}, {"allow_volatile": "allow_volatile"}
FOLDED = {"kafka": KAFKA, "redis": REDIS, "rediss": REDIS}
Count = Annotated[int, Field(ge=0, le=10_000_000)]


class Settings(BaseSettings):
    """Each line is a setting: its name, default and sentence; the environment name is ROCKOLA_ and its name."""

    model_config = SettingsConfigDict(env_prefix="ROCKOLA_", frozen=True, extra="forbid")

    data: Path = Field(Path("data"), description="Folder of the embedded stores.")
    log: str = Field("sqlite:///{data}/log.db", description="Event log, where votes are queued: sqlite or kafka.")
    tally: str = Field("sqlite:///{data}/tally.db", description="Tally, where votes are counted: sqlite or redis.")
    archive: str = Field("sqlite:///{data}/archive.db", description="Archive of every vote: sqlite or mongodb.")
    create_topic: bool = Field(False, description="Whether the Kafka topic is made when it is absent.")
    group_protocol: Literal["classic", "consumer"] = Field(
        "classic", description="How consumers share partitions in Kafka: classic, or consumer (Kafka 4)."
    )
    allow_volatile: bool = Field(False, description="Whether a tally may forget on a restart: it is then recounted.")
    contest: Path | None = Field(
        None, description="Contest file (TOML): candidates, votes_per_voter, title, zone, results."
    )
    secret: str = Field("", description="Secret of the voter digests; empty makes one in the data folder.")
    token: str = Field("", description="Organiser's token; needed to listen beyond this machine.")
    gateway_listen: str = Field("127.0.0.1:3000", description="Where the gateway takes votes over HTTP.")
    server_listen: str = Field("127.0.0.1:3001", description="Where the server takes votes over gRPC.")
    rust_listen: str = Field(
        "127.0.0.1:8000", description="Where `up` has a gateway in Rust as well; empty is nowhere."
    )
    web_listen: str = Field("127.0.0.1:5000", description="Where the pages and their API are.")
    metrics_listen: str = Field("127.0.0.1:9100", description="Where /metrics, /healthz and /readyz of a process are.")
    server: str = Field("127.0.0.1:3001", description="Where a gateway of its own finds its server.")
    queue: Count = Field(20_000, description="Votes a gateway holds at most; beyond it answers 503.")
    connections: Count = Field(1000, description="Connections a gateway holds at most.")
    address_rate: Count = Field(0, description="Votes a second an address may send; 0 is no limit.")
    voter_rate: Count = Field(0, description="Votes a second a voter may send; 0 is no limit.")
    hosts: str = Field("", description="Host names, by commas, a gateway answers for; empty answers for any.")
    trusted_proxies: str = Field("", description="Addresses, by commas, whose X-Forwarded-For is believed.")
    reflection: bool = Field(True, description="Whether the gRPC server describes itself.")
    drain: Count = Field(10, description="Seconds a stopping process has for what is in flight.")
    unreadable_limit: Count = Field(100, description="Unreadable records in a row that stop a partition.")
    failpoints: str = Field("", description="For tests: points where the process dies, waits or fails.")

    def url(self, store: str) -> str:
        """The URL of `log`, `tally` or `archive`, its data folder filled in, and its options with it."""
        url = str(getattr(self, store)).replace("{data}", quote(str(self.data.absolute())))
        options = FOLDED.get(urlsplit(url).scheme, {})
        given = {to: getattr(self, name) for name, to in options.items() if name in self.model_fields_set}
        return with_options(url, given) if given else url
