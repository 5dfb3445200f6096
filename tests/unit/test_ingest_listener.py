"""Who may connect: so many in all, and so many of one address unless it stands for many clients."""

from collections.abc import Callable

import pytest

from rockola.ingest import answers
from rockola.ingest.http import Connection, Service
from rockola.ingest.listener import MOST_OF_AN_ADDRESS, Listener

STRANGER, PROXY = "203.0.113.9", "10.0.0.1"
Refuse = Callable[[str], bytes]


def refusing(most: int, *connected: str, draining: bool = False) -> Refuse:
    """What a listener with these connections says to one more."""
    service = Service(lambda request: None, {}, lambda reply: None, draining=draining)
    Listener(service, most, lambda address: address == PROXY, lambda: None)
    for address in connected:
        connection = Connection(service)
        connection.address = address
        service.connections.add(connection)
    return service.refuse


@pytest.mark.parametrize("address", [STRANGER, PROXY, "127.0.0.1", "::1"])
def test_the_first_is_welcome(address: str) -> None:
    assert refusing(10)(address) == b""


def test_one_too_many_is_refused_wherever_it_comes_from() -> None:
    refuse = refusing(2, STRANGER, PROXY)
    assert [refuse(address) for address in (STRANGER, "127.0.0.1")] == [answers.FULL] * 2


def test_a_gateway_that_drains_refuses_everybody() -> None:
    assert refusing(2, draining=True)(STRANGER) == answers.FULL


def test_an_address_has_a_hundred_connections() -> None:
    refuse = refusing(1000, *[STRANGER] * MOST_OF_AN_ADDRESS)
    assert (MOST_OF_AN_ADDRESS, refuse(STRANGER), refuse("203.0.113.10")) == (100, answers.LIMITED, b"")


@pytest.mark.parametrize("address", [PROXY, "127.0.0.1", "::1"])
def test_an_address_that_stands_for_many_has_as_many_as_there_are(address: str) -> None:
    assert refusing(1000, *[address] * 500)(address) == b""
