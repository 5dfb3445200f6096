"""Token buckets and addresses: how many votes a second, and whose they are."""

import pytest

from rockola.ingest.addresses import Proxies, is_loopback, network_of, spell_address, split_address
from rockola.ingest.limits import Buckets


def taken(buckets: Buckets, now: float, tries: int = 10, key: str = "a") -> int:
    """How many of some tries are allowed at this time."""
    return sum(buckets.take(key, now) for _ in range(tries))


def test_a_bucket_holds_a_second_and_fills_by_the_clock() -> None:
    buckets = Buckets(4)
    assert [taken(buckets, now) for now in (0, 0, 0.5, 0.5, 100)] == [4, 0, 2, 0, 4]


def test_a_batch_gets_through_and_is_paid_off_after() -> None:
    buckets = Buckets(10)
    assert [buckets.take("a", now, tokens) for now, tokens in ((0, 50), (3.9, 1), (4.2, 1))] == [True, False, True]


def test_each_key_has_its_own_bucket() -> None:
    buckets = Buckets(1)
    assert [taken(buckets, 0, key=key) for key in "aba"] == [1, 1, 0]


def test_the_keys_seen_last_are_remembered_and_no_more() -> None:
    buckets = Buckets(1, most=2)
    assert [taken(buckets, 0, key=key) for key in "abacab"] == [1, 1, 0, 1, 0, 1]


CHAINS = {
    "nobody is trusted": ("", "1.1.1.1", "9.9.9.9", "1.1.1.1"),
    "the peer is not trusted": ("10.0.0.0/8", "1.1.1.1", "9.9.9.9", "1.1.1.1"),
    "no header": ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
    "right-most": ("10.0.0.0/8", "10.0.0.1", "6.6.6.6, 9.9.9.9", "9.9.9.9"),
    "right-most untrusted": ("10.0.0.0/8,192.168.1.1", "10.0.0.1", "6.6.6.6, 9.9.9.9, 192.168.1.1", "9.9.9.9"),
    "all trusted": ("10.0.0.0/8", "10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
    "fifty": ("10.0.0.1", "10.0.0.1", ", ".join(["6.6.6.6"] * 49 + ["9.9.9.9"]), "9.9.9.9"),
    "garbage": ("10.0.0.1", "10.0.0.1", "9.9.9.9, <script>", "10.0.0.1"),
    "port": ("10.0.0.1", "10.0.0.1", "9.9.9.9:80", "10.0.0.1"),
    "zone": ("10.0.0.1", "10.0.0.1", "fe80::1%eth0", "10.0.0.1"),
    "IPv6": ("::1", "::1", "2001:DB8::1", "2001:db8::1"),
    "IPv4 in IPv6": ("10.0.0.1", "::ffff:10.0.0.1", "::ffff:9.9.9.9", "9.9.9.9"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_b65_the_right_most_untrusted_address_is_the_client(name: str) -> None:
    trusted, peer, forwarded, client = CHAINS[name]
    assert Proxies(trusted).client(peer, forwarded) == client


def test_a_proxy_that_is_no_address_is_told_at_the_start() -> None:
    with pytest.raises(ValueError, match="proxy"):
        Proxies("proxy.example")


def test_a_customer_has_one_ipv4_address_or_a_network_of_ipv6() -> None:
    assert [network_of(text) for text in ("9.9.9.9", "2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")] == [
        "9.9.9.9",
        "2001:db8::/64",
        "2001:db8::/64",
        "2001:db8:0:1::/64",
    ]


def test_an_address_is_read_as_it_is_written() -> None:
    texts = ("127.0.0.1:3000", "[::1]:0", "localhost:80")
    assert [spell_address(*split_address(text)) for text in texts] == list(texts)


@pytest.mark.parametrize("text", ["", "3000", ":3000", "localhost", "localhost:", "a:b", "a:65536", "a:-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        split_address(text)


def test_this_machine_is_known_by_all_its_names() -> None:
    addresses = ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "9.9.9.9", "", "localhost")
    assert [is_loopback(address) for address in addresses] == [True, True, True, True, False, False, False]
