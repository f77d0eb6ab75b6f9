# SPDX-License-Identifier: Apache-2.0
"""The echo listener answers probes, and nobody can make more of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from aiworkload.agent.echo import EchoServer
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.frame import pack
from tests.unit.agent.relay import eventually


@asynccontextmanager
async def listening(echo: EchoServer) -> AsyncIterator[int]:
    server = await echo.listen(Endpoint("127.0.0.1", 0))
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        echo.close()


async def test_a_frame_comes_back_unchanged() -> None:
    async with listening(EchoServer()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(pack(7))
        assert await reader.readexactly(8) == pack(7)
        writer.close()


async def test_a_frame_in_two_parts_comes_back_once_it_is_whole() -> None:
    async with listening(EchoServer()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(pack(7)[:3])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        writer.write(pack(7)[3:])
        assert await reader.readexactly(8) == pack(7)
        writer.close()


async def test_who_talks_faster_than_a_probe_is_hung_up_on() -> None:
    echo = EchoServer()
    async with listening(echo) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x" * 60_000)
        answer = b""
        with suppress(ConnectionError):
            answer = await asyncio.wait_for(reader.read(), 5)
        assert answer == b""
        assert not echo.callers
        writer.close()


async def test_who_says_nothing_for_long_is_hung_up_on() -> None:
    async with listening(EchoServer(idle_seconds=0.2)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(1), 5) == b""
        writer.close()


async def test_who_keeps_probing_is_not_idle() -> None:
    async with listening(EchoServer(idle_seconds=0.3)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for sequence in range(8):
            writer.write(pack(sequence))
            assert await reader.readexactly(8) == pack(sequence)
            await asyncio.sleep(0.1)
        writer.close()


async def test_one_caller_too_many_is_hung_up_on_and_has_a_place_when_another_leaves() -> None:
    echo = EchoServer(most_callers=1)
    async with listening(echo) as port:
        _, first = await asyncio.open_connection("127.0.0.1", port)
        await eventually(lambda: echo.callers == 1)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(1), 5) == b""
        second.close()
        first.close()
        await eventually(lambda: echo.callers == 0)
        reader, third = await asyncio.open_connection("127.0.0.1", port)
        third.write(pack(1))
        assert await reader.readexactly(8) == pack(1)
        third.close()


async def test_one_address_may_not_hold_every_place() -> None:
    echo = EchoServer(most_of_one=1)
    async with listening(echo) as port:
        _, first = await asyncio.open_connection("127.0.0.1", port)
        await eventually(lambda: echo.callers == 1)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(1), 5) == b""
        reader, other = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        other.write(pack(1))
        assert await reader.readexactly(8) == pack(1)
        for writer in (first, second, other):
            writer.close()
        await eventually(lambda: echo.callers == 0)
        reader, again = await asyncio.open_connection("127.0.0.1", port)
        again.write(pack(2))
        assert await reader.readexactly(8) == pack(2)
        again.close()
