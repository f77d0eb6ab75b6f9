# SPDX-License-Identifier: Apache-2.0
"""A key, an answering agent, and a UDP path on loopback that loses what it is told to lose."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiworkload.agent.datagram_echo import DatagramEcho
from aiworkload.agent.echo import EchoServer
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.keys import KeyFile

KEY = b"a key that these tests share"


def key_file(folder: Path, *keys: bytes, name: str = "key") -> KeyFile:
    path = folder / name
    path.write_bytes(b"\n".join(keys or (KEY,)))
    return KeyFile(path)


@asynccontextmanager
async def answering(keys: KeyFile, **limits: float) -> AsyncIterator[Endpoint]:
    echo = DatagramEcho(keys, **limits)
    endpoint = Endpoint("127.0.0.1", free_port())
    await echo.listen(endpoint)
    try:
        yield endpoint
    finally:
        echo.close()


@asynccontextmanager
async def tcp_beside(endpoint: Endpoint) -> AsyncIterator[None]:
    echo = EchoServer()
    server = await echo.listen(endpoint)
    try:
        yield
    finally:
        server.close()
        echo.close()


def free_port() -> int:
    """One that is free for UDP and TCP alike, just now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", port))
        return port


class LossyPath(asyncio.DatagramProtocol):
    """Forwards questions to `upstream` and answers back, each lost with the probability `loss`."""

    def __init__(self, upstream: Endpoint, seed: int = 7) -> None:
        self.upstream = tuple(upstream)
        self.loss = 0.0
        self.passed: list[bytes] = []
        self._dice = random.Random(seed)  # noqa: S311 -- chance that repeats itself
        self._asker: tuple[str, int] | None = None
        self._transport: Any = None

    @classmethod
    @asynccontextmanager
    async def open(cls, upstream: Endpoint) -> AsyncIterator[tuple["LossyPath", Endpoint]]:
        loop = asyncio.get_running_loop()
        address = ("127.0.0.1", free_port())
        transport, path = await loop.create_datagram_endpoint(lambda: cls(upstream), local_addr=address)
        try:
            yield path, Endpoint(*transport.get_extra_info("sockname"))
        finally:
            transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr != self.upstream:
            self._asker = addr
        if self._dice.random() >= self.loss:
            self.passed.append(data)
            self._transport.sendto(data, self.upstream if addr != self.upstream else self._asker)
