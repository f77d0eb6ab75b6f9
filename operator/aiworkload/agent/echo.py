# SPDX-License-Identifier: Apache-2.0
"""The other end of everybody's probes: sends back what it gets.

It needs no secret because it gives nothing away and amplifies nothing: TCP proves the caller's address, every answer
is exactly its question, and whoever talks faster than a probe, says nothing for long or calls too often at once is
hung up on: a stranger who held all places would make this site look lost.
"""

import asyncio
from collections import Counter
from typing import Final

from aiworkload.agent.burst import MAGIC
from aiworkload.agent.burst_receiver import BurstReceiver
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.frame import FRAME_BYTES

MOST_CALLERS: Final = 1024
"""Connections at once; about 8 KiB each. A caller too many is hung up on, and its agent counts a loss. Ours."""
MOST_OF_ONE: Final = 256
"""Of them from one address: a quarter for a stranger, or a prober for each of so many sites behind a gateway. Ours."""
MOST_FRAMES: Final = 64
"""Frames in one read: a prober has one under way, so this is no prober. Ours."""
IDLE_SECONDS: Final = 120.0
"""Twice the longest probing interval that the agent's flags allow."""


class EchoServer:
    """The listener and the callers it has."""

    def __init__(
        self,
        *,
        idle_seconds: float = IDLE_SECONDS,
        most_callers: int = MOST_CALLERS,
        most_of_one: int = MOST_OF_ONE,
        bursts: BurstReceiver | None = None,
    ) -> None:
        """Without a receiver of bursts their first frame is sent back like any other."""
        self.bursts = bursts
        self.idle_seconds = idle_seconds
        self.most_callers = most_callers
        self.most_of_one = most_of_one
        self._callers: dict[asyncio.BaseTransport, str] = {}
        self._of: Counter[str] = Counter()

    async def listen(self, endpoint: Endpoint) -> asyncio.Server:
        """Listen there.

        Raises:
            OSError: the address cannot be listened on.
        """
        return await asyncio.get_running_loop().create_server(lambda: _Caller(self), endpoint.host, endpoint.port)

    @property
    def callers(self) -> int:
        """How many are connected."""
        return len(self._callers)

    def admit(self, transport: asyncio.BaseTransport) -> bool:
        """Whether there is room for one more, also of its address; counts it."""
        host = str((transport.get_extra_info("peername") or ("",))[0])
        if len(self._callers) >= self.most_callers or self._of[host] >= self.most_of_one:
            return False
        self._callers[transport] = host
        self._of[host] += 1
        return True

    def forget(self, transport: asyncio.BaseTransport) -> None:
        """Forget one that hung up."""
        host = self._callers.pop(transport, None)
        if host is not None:
            self._of -= Counter((host,))

    def close(self) -> None:
        """Hang up on everybody."""
        if self.bursts:
            self.bursts.close()
        for transport in tuple(self._callers):
            transport.close()


class _Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, server: EchoServer) -> None:
        self._server = server
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._has_asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport) or not self._server.admit(transport):
            transport.close()
            return
        self._transport = transport
        self._heard_at = asyncio.get_running_loop().time()
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        if len(data) > MOST_FRAMES * FRAME_BYTES:
            self._transport.abort()
            return
        pending = self._rest + data
        if self._is_burst(pending):
            return
        self._heard_at = asyncio.get_running_loop().time()
        whole = len(pending) - len(pending) % FRAME_BYTES
        self._rest = pending[whole:]
        if whole:
            self._transport.write(pending[:whole])

    def _is_burst(self, pending: bytes) -> bool:
        """Whether the connection's first frame begins a burst; then it is handed over and no caller any more."""
        if self._has_asked or not pending.startswith(MAGIC) or self._server.bursts is None:
            self._has_asked = self._has_asked or len(pending) >= FRAME_BYTES
            return False
        transport, self._transport = self._transport, None
        if transport:
            if self._idle:
                self._idle.cancel()
            self._server.forget(transport)
            self._server.bursts.take_over(transport, pending[FRAME_BYTES:])
        return True

    def pause_writing(self) -> None:
        """The caller does not read its answers: a prober would."""
        if self._transport:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # how it ended is the caller's to know
        if self._idle:
            self._idle.cancel()
        if self._transport:
            self._server.forget(self._transport)

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._heard_at + self._server.idle_seconds - loop.time()
        if left > 0:
            self._idle = loop.call_later(left, self._watch)
        elif self._transport:
            self._transport.close()
