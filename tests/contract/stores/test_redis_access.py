"""Who may use a Redis server, and by what URL: each refusal is a sentence, and none holds a password."""

import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from building import counted, step, vote
from rediskeys import begun, bound
from rockola.opening import open_tally
from rockola.tally.redis_server import Server
from rockola.urls import WrongUrl
from rockola.vote.errors import Unavailable, Unfit
from rockola.vote.rules import effect
from services import Own
from tools.services.process import free_ports

ASH = vote("Ash")
OPENSSL = (
    *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
    *("-subj", "/CN=tally", "-addext", "subjectAltName=IP:127.0.0.1"),
)


def allow(url: str, rights: str) -> str:
    """The URL with a user who has these rights and no others."""
    with closing(Server(url)) as server, server.client() as client:
        client.execute_command("ACL", "SETUSER", "ana", "on", ">secret", "~*", "+@all", *rights.split())
    return url.replace("//", "//ana:secret@")


@pytest.mark.parametrize("rights", ["-info", "-evalsha", "resetkeys ~other*", "-hset"])
def test_a_user_who_may_too_little_is_a_sentence(own_redis: Callable[..., Any], rights: str) -> None:
    server = own_redis()
    begun(server.url).close()
    url = allow(server.url, rights)
    with pytest.raises(Unfit, match=r"refuses its user \(.*\)\. Correct"), closing(bound(url)) as tally:
        tally.apply(step(1, ASH))


@pytest.mark.parametrize("command", ["expire", "hset", "unlink", "persist", "rename"])
def test_a_rebuild_that_a_user_may_not_end_leaves_the_partition_lost(
    own_redis: Callable[..., Any], command: str
) -> None:
    server = own_redis()
    with closing(bound(allow(server.url, f"-{command}"))) as tally:
        with pytest.raises(Unfit):
            tally.restore(0, 9, [effect([counted(0, ASH)])])
        assert (tally.position(0), tally.totals().positions) == (None, {})


@pytest.mark.parametrize("user", ["", "default", "ana"])
def test_a_wrong_password_is_a_sentence_without_it(own_redis: Callable[..., Any], user: str) -> None:
    server = own_redis()
    with closing(Server(server.url)) as seen, seen.client() as client:
        client.config_set("requirepass", "another")
    with pytest.raises(Unfit) as caught:
        open_tally(server.url.replace("//", f"//{user}:wr0ng@"))
    assert "wr0ng" not in f"{caught.value}{caught.value.__cause__}"
    assert f"The tally at redis://{server.address} refuses its user" in str(caught.value)


def test_a_server_that_is_away_is_named_without_its_password(own_redis: Callable[..., Any]) -> None:
    server = own_redis()
    server.kill()
    with pytest.raises(Unavailable) as caught:
        open_tally(server.url.replace("//", "//:wr0ng@"))
    assert "wr0ng" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize(
    "url",
    [
        "redis://:sec/ret@host/0",
        "redis://:sec#ret@host/0",
        "redis://:sec?ret@host/0",
        "redis://ana:12?ret@host",
        "redis://host:secret/0",
        "redis:///0",
        "redis://host/secret",
        "redis://host/0#{secret}",
    ],
)
def test_a_url_that_is_none_is_a_sentence_without_its_parts(url: str) -> None:
    with pytest.raises(WrongUrl) as caught:
        open_tally(url)
    assert not [part for part in ("sec/", "ret@", "secret", "12?") if part in str(caught.value)]


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(WrongUrl, match="known are allow_volatile"):
        open_tally("redis://host/0?volatile=yes")


def test_a_user_who_may_not_ask_for_the_configuration_may_count(own_redis: Callable[..., Any]) -> None:
    begun(allow(own_redis().url, "-config")).close()


def test_a_server_is_known_by_its_certificate(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate, (port,) = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem"), free_ports(1)
    subprocess.run([*OPENSSL, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    own("redis", tls_port=str(port), tls_cert_file=certificate, tls_key_file=key, tls_auth_clients="no")
    with pytest.raises(Unavailable):
        open_tally(f"rediss://127.0.0.1:{port}")
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    begun(f"rediss://127.0.0.1:{port}/0").close()
    with pytest.raises(Unavailable):  # it is not issued for this name
        open_tally(f"rediss://localhost:{port}")
