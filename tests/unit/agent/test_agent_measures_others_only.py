# SPDX-License-Identifier: Apache-2.0
"""An agent is not led to measure itself or its own machine in another's name, whatever that one tells."""

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiworkload.agent.endpoint import Endpoint, parse_endpoint
from aiworkload.agent.measuring import Measuring
from aiworkload.agent.probe import ProbeTiming
from aiworkload.agent.way import Myself, Refused, Way
from tests.unit.agent.datagrams import answering, free_port, key_file, tcp_beside
from tests.unit.agent.relay import eventually

ANY = "0.0.0.0"  # noqa: S104 -- told, and nothing is bound to it
IN_A_POD = Myself(Endpoint(ANY, 9777), Endpoint("192.0.2.7", 9777))
ON_LOOPBACK = Myself(Endpoint("127.0.0.1", 9777), Endpoint("127.0.0.1", 9777))
KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM)


def naming(name: str, hosts: list[str]) -> Callable[..., Any]:
    """A resolver that knows the name, and as its addresses whatever the list holds at that time."""
    real: Callable[..., Any] = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: object) -> list[Any]:
        asked = hosts if host == name and not more.get("flags") else [host]
        return [found for each in asked for found in real(each, *rest, **more)]

    return look_up


async def connects(way: Way, kind: socket.SocketKind = socket.SOCK_DGRAM) -> bool:
    (await way.connect(kind)).close()
    return True


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("127.0.0.1:9777", "is a loopback address"),
        ("127.1:9777", "is a loopback address"),
        ("localhost:9777", "is a loopback address"),
        ("[::1]:9777", "is a loopback address"),
        ("[::ffff:127.0.0.1]:9777", "is a loopback address"),
        ("0.0.0.0:9777", "is everybody's own address"),
        ("[::]:9777", "is everybody's own address"),
        ("169.254.169.254:80", "is a link-local address"),
        ("[fe80::1]:9777", "is a link-local address"),
        ("224.0.0.1:9777", "is a multicast address"),
        ("[ff02::1]:9777", "is a multicast address"),
        ("192.0.2.7:9777", "is where this agent itself is reached"),
    ],
)
async def test_an_address_that_leads_to_no_other_node_is_refused(told: str, why: str, kind: socket.SocketKind) -> None:
    with pytest.raises(Refused, match=why):
        await Way("liar", parse_endpoint(told), IN_A_POD, trusted=False).connect(kind)


async def test_where_everybody_is_on_loopback_as_in_a_demo_peers_are_too() -> None:
    assert await connects(Way("fog", Endpoint("127.0.0.1", 9778), ON_LOOPBACK, trusted=False))
    by_name = Myself(Endpoint("localhost", 9777), Endpoint("localhost", 9777))
    assert await connects(Way("fog", Endpoint("127.0.0.1", 9778), by_name, trusted=False))


async def test_what_an_administrator_says_is_believed() -> None:
    assert await connects(Way("gateway", Endpoint("127.0.0.1", 9778), IN_A_POD))


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("listen", [ANY, "127.0.0.1"])
async def test_an_agent_knows_its_own_listener_under_any_name(
    listen: str, kind: socket.SocketKind, tmp_path: Path, *, trusted: bool
) -> None:
    async with answering(key_file(tmp_path)) as endpoint, tcp_beside(endpoint):
        myself = Myself(Endpoint(listen, endpoint.port), Endpoint("127.0.0.1", 1))
        with pytest.raises(Refused, match="leads to this agent itself"):
            await Way("liar", Endpoint("localhost", endpoint.port), myself, trusted=trusted).connect(kind)


async def test_a_name_is_looked_up_for_each_connection_so_it_cannot_turn_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = ["127.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", naming("agent.example", hosts))
    way = Way("liar", Endpoint("agent.example", 9778), ON_LOOPBACK, trusted=False)
    assert await connects(way)
    hosts[:] = ["169.254.169.254"]
    with pytest.raises(Refused):
        await connects(way)


async def test_of_several_addresses_those_that_may_be_another_node_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", naming("agent.example", [ANY, "127.0.0.1"]))
    found = await Way("fog", Endpoint("agent.example", 9778), ON_LOOPBACK, trusted=False).connect(socket.SOCK_DGRAM)
    assert found.getpeername() == ("127.0.0.1", 9778)
    found.close()


async def test_a_refused_peer_is_said_once_and_has_no_link_while_others_are_measured(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiworkload.agent.probe.MOST_RETRY_SECONDS", 0.1)
    monkeypatch.setattr("aiworkload.agent.probe.FIRST_RETRY_SECONDS", 0.1)
    keys = key_file(tmp_path)
    myself = Myself(Endpoint("127.0.0.1", free_port()), Endpoint("127.0.0.1", 1))
    async with answering(keys) as endpoint, tcp_beside(endpoint), asyncio.TaskGroup() as group:
        found = Measuring(group, ProbeTiming(0.05, 0.2), 30, keys, myself=myself)
        with caplog.at_level(logging.WARNING):
            found.probe({}, {"liar": Endpoint(ANY, 9777), "cloud": endpoint})
            await eventually(lambda: (told := found.links().get("cloud")) is not None and told.samples >= 10)
        assert found.links().keys() == {"cloud"}
        assert not found.misses_peers(), "there is nothing to wait for"
        assert caplog.text.count("the peer at site liar is not measured: 0.0.0.0:9777 is everybody's own address") == 1
        found.probe({})
