# SPDX-License-Identifier: Apache-2.0
"""A TCP path on loopback that delays what passes, or swallows it without a word, as set while it runs."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiworkload.agent.endpoint import Endpoint


class Relay:
    """Forwards to `upstream`; `one_way_seconds` and `cut` may be changed at any moment."""

    def __init__(self, upstream: Endpoint) -> None:
        self.upstream = upstream
        self.one_way_seconds = 0.0
        self.cut = False
        self.connections = 0
        self.endpoint = Endpoint("127.0.0.1", 1)

    @classmethod
    @asynccontextmanager
    async def open(cls, upstream: Endpoint) -> AsyncIterator["Relay"]:
        relay = cls(upstream)
        server = await asyncio.start_server(relay._accept, "127.0.0.1", 0)
        relay.endpoint = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            yield relay
        finally:
            server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            onward = await asyncio.open_connection(*self.upstream)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pump(reader, onward[1]), self._pump(onward[0], writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(4096):
                if self.cut:
                    continue
                await asyncio.sleep(self.one_way_seconds)
                writer.write(data)
        writer.close()


async def eventually(true: Callable[[], bool | Awaitable[bool]], *, seconds: float = 10.0) -> None:
    """Wait until it is true, and fail when it does not become so in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = true()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"still not true after {seconds} s"
        await asyncio.sleep(0.01)
