# SPDX-License-Identifier: Apache-2.0
"""The way to a peer: its addresses, looked up anew for each connection, without those that lead to no other node.

Where it is reached, a peer says itself. One that was taken over could tell an address that is everybody's own, each
agent would measure itself, and the liar's site be the nearest of all. What an administrator says is believed, but
nobody measures itself.
"""

import logging
import socket
from asyncio import get_running_loop
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final, NamedTuple

from aiworkload.agent.endpoint import Endpoint

_log = logging.getLogger(__name__)

_LOCALHOST: Final = "localhost"


class Refused(OSError):
    """The peer is not measured; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Myself:
    """This agent, as it may be told to measure itself."""

    listen: Endpoint
    endpoint: Endpoint | None
    """As it tells others; None: it tells nothing."""

    @property
    def is_on_loopback(self) -> bool:
        """Whether it is reached from this machine only, as in a demo, and its peers with it."""
        host = self.endpoint.host if self.endpoint else ""
        address = _address(host)
        return address.is_loopback if address else host == _LOCALHOST

    def is_at(self, found: socket.socket) -> bool:
        """Whether a socket leads to its own listener: Linux reaches an address of its own from that same address."""
        here, there = Endpoint(*found.getsockname()[:2]), Endpoint(*found.getpeername()[:2])
        listens = there.host == self.listen.host or (self.listen.is_wildcard and there.host == here.host)
        return there == self.endpoint or (listens and there.port == self.listen.port)


class _Candidate(NamedTuple):
    """What `getaddrinfo` answers."""

    family: int
    kind: int
    protocol: int
    name: str
    address: tuple[Any, ...]


class Way:
    """The way to the agent at one site."""

    def __init__(self, site: str, endpoint: Endpoint, myself: Myself | None = None, *, trusted: bool = True) -> None:
        """`trusted`: an administrator said that it is there. Without `myself` nobody is recognised."""
        self.endpoint = endpoint
        self.refused = False
        """Whether it led to no other agent when last looked up."""
        self._site = site
        self._myself = myself
        self._trusted = trusted

    async def connect(self, kind: socket.SocketKind) -> socket.socket:
        """A connected socket that does not block, at the first address that takes it.

        Raises:
            Refused: it leads to no other agent. Said in the log, once until it leads to one.
            OSError: there is no such address, or nobody takes the connection.
        """
        try:
            found = await self._connect(kind)
        except Refused as refusal:
            if not self.refused:
                _log.warning("the peer at site %s is not measured: %s", self._site, refusal)
            self.refused = True
            raise
        self.refused = False
        return found

    async def _connect(self, kind: socket.SocketKind) -> socket.socket:
        if self._myself and self.endpoint == self._myself.endpoint:
            raise Refused(f"{self.endpoint} is where this agent itself is reached")
        trouble: OSError | None = None
        for candidate in self._allowed(await _candidates(self.endpoint, kind)):
            try:
                return await self._socket(candidate)
            except Refused:
                raise
            except OSError as error:
                trouble = trouble or error
        raise trouble or OSError(f"{self.endpoint} has no address")

    async def _socket(self, candidate: _Candidate) -> socket.socket:
        with ExitStack() as undo:
            found = undo.enter_context(socket.socket(candidate.family, candidate.kind, candidate.protocol))
            found.settimeout(0.0)
            await get_running_loop().sock_connect(found, candidate.address)
            if self._myself and self._myself.is_at(found):
                raise Refused(f"{self.endpoint} leads to this agent itself")
            undo.pop_all()
            return found

    def _allowed(self, candidates: list[_Candidate]) -> list[_Candidate]:
        if self._trusted:
            return candidates
        on_loopback = self._myself is not None and self._myself.is_on_loopback
        wrongs = [_wrong(str(candidate.address[0]), on_loopback=on_loopback) for candidate in candidates]
        allowed = [candidate for candidate, wrong in zip(candidates, wrongs, strict=True) if wrong is None]
        if wrongs and not allowed:
            raise Refused(f"{self.endpoint} is {wrongs[0]}, which leads to no other node")
        return allowed


async def _candidates(endpoint: Endpoint, kind: socket.SocketKind) -> list[_Candidate]:
    """All addresses of an endpoint; one that is written as a number is read without asking anybody."""
    try:
        found = socket.getaddrinfo(*endpoint, type=kind, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await get_running_loop().getaddrinfo(*endpoint, type=kind)
    except UnicodeError as error:
        raise OSError(f"the resolver cannot encode {endpoint}") from error
    return [_Candidate(*each) for each in found]


def _wrong(host: str, *, on_loopback: bool) -> str | None:
    """What kind of address no other node is reached at; None: it may be one."""
    address = _address(host)
    if address is None:
        return None
    if address.is_unspecified:
        return "everybody's own address"
    if address.is_loopback and not on_loopback:
        return "a loopback address"
    if address.is_link_local:
        return "a link-local address"
    return "a multicast address" if address.is_multicast else None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a text is, IPv4 where it is written as IPv6; None: it is a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
