# SPDX-License-Identifier: Apache-2.0
"""A TCP path on loopback that carries so many bytes a second, after a delay, and counts them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiworkload.agent.endpoint import Endpoint

CHUNK = 8192
IDLE_SECONDS = 0.05
"""A path that was idle for so long has not saved anything up."""


class ShapedPath:
    """Passes bytes on towards `upstream` at a steady rate, and back at once."""

    def __init__(self, upstream: Endpoint, kilobits: int) -> None:
        self.upstream = upstream
        self.kilobits = kilobits
        self.passed = 0
        self.endpoint = Endpoint("127.0.0.1", 1)

    @classmethod
    @asynccontextmanager
    async def open(cls, upstream: Endpoint, kilobits: int) -> AsyncIterator["ShapedPath"]:
        path = cls(upstream, kilobits)
        server = await asyncio.start_server(path._accept, "127.0.0.1", 0, limit=CHUNK)
        path.endpoint = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            yield path
        finally:
            server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection(*self.upstream)
        with suppress(asyncio.CancelledError):
            await asyncio.gather(self._forth(reader, onward_writer), self._back(onward_reader, writer))

    async def _forth(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        free_at = loop.time()
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                self.passed += len(data)
                free_at = loop.time() if loop.time() - free_at > IDLE_SECONDS else free_at
                free_at += len(data) * 8 / 1000 / self.kilobits
                await asyncio.sleep(max(0.0, free_at - loop.time()))
                writer.write(data)
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                writer.write(data)
        writer.close()
