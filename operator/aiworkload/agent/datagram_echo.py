# SPDX-License-Identifier: Apache-2.0
"""The other end of everybody's datagrams: answers what a holder of the cluster's key asks, and nothing else.

UDP proves no address, so whoever answers anything can be made to shout at others. Here the key has to have signed the
question, it is answered once, the answer is as long as it, and both what one asker may ask and what is read at all are
limited: a flood costs a bounded share of a core, and what exceeds it is left to the kernel to drop. An asker is an
address and a port: behind a gateway many sites have one address, and what they asked beyond a share of it would read as
loss, for which they would ask the more.
"""

import asyncio
import socket
from collections import OrderedDict
from typing import Final

from aiworkload.agent.datagram import DATAGRAM_BYTES, answer, question_in
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.limits import Allowance
from aiworkload.agent.questions import Questions

READ_PER_SECOND: Final = 4000
"""Datagrams looked at, from whomever: about a tenth of a core, and what 2,000 other sites ask in quiet. Ours."""
READ_AT_ONCE: Final = 400
"""Ours: a tenth of a second's worth."""
PAUSE_SECONDS: Final = 0.1
"""Nothing is read for so long once that is used up."""
SOURCE_PER_SECOND: Final = 60
"""Answers to one address and port: three times what a prober asks at its fastest. Ours."""
MOST_SOURCES: Final = 4096
"""Askers remembered, of key holders only; about 400 bytes each. Ours."""


class DatagramEcho:
    """The UDP listener beside the TCP one."""

    def __init__(self, keys: KeyFile, *, source_per_second: float = SOURCE_PER_SECOND) -> None:
        self._keys = keys
        self._source_per_second = source_per_second
        self._sockets: list[socket.socket] = []
        self._questions = Questions()
        self._total = Allowance(READ_PER_SECOND, READ_AT_ONCE, 0.0)
        self._sources: OrderedDict[tuple[str, int], Allowance] = OrderedDict()
        self._resuming: set[asyncio.TimerHandle] = set()

    async def listen(self, endpoint: Endpoint) -> None:
        """Listen there.

        Raises:
            OSError: the address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(*endpoint, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in infos:
            listener = socket.socket(family, kind, protocol)
            self._sockets.append(listener)
            listener.settimeout(0.0)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            loop.add_reader(listener, self._read, listener)

    def close(self) -> None:
        """Stop listening."""
        loop = asyncio.get_running_loop()
        for handle in self._resuming:
            handle.cancel()
        for listener in self._sockets:
            loop.remove_reader(listener)
            listener.close()
        self._sockets.clear()

    def _read(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._total.take(1, now):
            try:
                datagram, address = listener.recvfrom(DATAGRAM_BYTES + 1)
            except BlockingIOError:
                self._total.give_back(1)
                return
            except OSError:
                continue  # an ICMP error for an answer of ours: the asker will notice by itself
            self._answer(listener, datagram, address, now)
        loop.remove_reader(listener)
        self._resuming = {handle for handle in self._resuming if handle.when() > now}
        self._resuming.add(loop.call_later(PAUSE_SECONDS, loop.add_reader, listener, self._read, listener))

    def _answer(self, listener: socket.socket, datagram: bytes, address: tuple[str, int], now: float) -> None:
        reply = answer(datagram, self._keys.keys)
        if reply is None or not self._questions.take(question_in(datagram)):
            return
        if not self._may_ask((address[0], address[1]), now):
            return
        try:
            listener.sendto(reply, address)
        except OSError:
            return  # no way back, or no room: to the asker that is a loss, as it should be

    def _may_ask(self, asker: tuple[str, int], now: float) -> bool:
        allowance = self._sources.get(asker)
        if allowance is None:
            allowance = Allowance(self._source_per_second, 2 * self._source_per_second, now)
            self._sources[asker] = allowance
            if len(self._sources) > MOST_SOURCES:
                self._sources.popitem(last=False)
        else:
            self._sources.move_to_end(asker)
        return allowance.take(1, now)
