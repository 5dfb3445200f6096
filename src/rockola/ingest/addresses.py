"""Addresses: where a server listens, and where a request really comes from."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


def split_address(text: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[host]:port`; ValueError when it is neither."""
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65536):
        raise ValueError("an address reads host:port")
    return host.strip("[]"), int(port)


def spell_address(host: str, port: int) -> str:
    """The inverse of split_address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Proxies:
    """The proxies whose X-Forwarded-For is believed: addresses or networks, by commas; ValueError when they are not."""

    def __init__(self, trusted: str) -> None:
        self._networks: Sequence[IPv4Network | IPv6Network] = [
            ip_network(text.strip(), strict=False) for text in trusted.split(",") if text.strip()
        ]

    def trusts(self, address: str) -> bool:
        """Whether this is one of them."""
        if not self._networks:
            return False
        known = plain(address)
        return bool(known) and any(ip_address(known) in network for network in self._networks)

    def client(self, peer: str, forwarded: str) -> str:
        """The right-most address that no trusted proxy speaks for; the socket's own when a header makes no sense."""
        client = peer
        for hop in reversed(forwarded.split(",")):
            if not self.trusts(client):
                break
            if not (client := plain(hop.strip())):
                return peer
        return client


def plain(text: str) -> str:
    """The one spelling of an address, an IPv4 inside an IPv6 as itself; empty when it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return "" if address.scope_id else str(address.ipv4_mapped or address)
    return str(address)


def is_loopback(address: str) -> bool:
    """Whether it is this machine."""
    known = plain(address)
    return bool(known) and ip_address(known).is_loopback


def network_of(address: str) -> str:
    """What one customer has: an IPv4 address, or the 64-bit network of an IPv6 one."""
    known = plain(address)
    return str(ip_network(f"{known}/64", strict=False)) if ":" in known else known
