# SPDX-License-Identifier: Apache-2.0
"""Probes on real sockets measure the path as it is, see it break, and see it heal."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from aiworkload.agent import probe
from aiworkload.agent.echo import EchoServer
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.frame import pack
from aiworkload.agent.probe import SILENT_PROBES, Prober, ProbeTiming
from aiworkload.agent.way import Way
from tests.unit.agent.relay import Relay, eventually

FAST = ProbeTiming(interval_seconds=0.05, timeout_seconds=0.4)


@asynccontextmanager
async def peer(port: int = 0) -> AsyncIterator[Endpoint]:
    echo = EchoServer()
    server = await echo.listen(Endpoint("127.0.0.1", port))
    try:
        yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        echo.close()


@asynccontextmanager
async def probing(endpoint: Endpoint, timing: ProbeTiming = FAST) -> AsyncIterator[list[int | None]]:
    outcomes: list[int | None] = []

    def take(rtt_microseconds: int | None, *, repeated: bool) -> None:
        del repeated  # loopback loses nothing
        outcomes.append(rtt_microseconds)

    task = asyncio.create_task(Prober(Way("peer", endpoint), timing, take).run())
    try:
        yield outcomes
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def next_milliseconds(outcomes: list[int | None], count: int = 10) -> float:
    """The median of the coming answers; the first is left out, it may have begun before the call."""
    begin = len(outcomes) + 1
    await eventually(lambda: len(outcomes) >= begin + count)
    return statistics.median(rtt for rtt in outcomes[begin:] if rtt is not None) / 1000


async def test_the_measured_round_trip_follows_the_path_from_5_to_80_ms_and_back() -> None:
    async with peer() as endpoint, Relay.open(endpoint) as relay, probing(relay.endpoint) as outcomes:
        for wanted in (5, 80, 5):
            relay.one_way_seconds = wanted / 2000
            assert wanted <= await next_milliseconds(outcomes) < wanted + 15
        assert relay.connections == 1
        assert None not in outcomes


async def test_setting_up_the_connection_is_no_part_of_the_round_trip() -> None:
    async with peer() as endpoint, probing(endpoint) as outcomes:
        await eventually(lambda: len(outcomes) >= 5)
        assert outcomes[0] is not None
        assert max(rtt for rtt in outcomes if rtt is not None) < 50_000


async def test_a_black_hole_becomes_losses_and_heals() -> None:
    timing = ProbeTiming(interval_seconds=0.05, timeout_seconds=0.1)
    async with peer() as endpoint, Relay.open(endpoint) as relay, probing(relay.endpoint, timing) as outcomes:
        await eventually(lambda: len(outcomes) >= 5)
        relay.cut = True
        await eventually(lambda: outcomes[-5:] == [None] * 5)
        relay.cut = False
        await eventually(lambda: outcomes[-1] is not None)


async def test_a_silent_connection_is_given_up_for_a_new_one() -> None:
    timing = ProbeTiming(interval_seconds=0.05, timeout_seconds=0.1)
    async with peer() as endpoint, Relay.open(endpoint) as relay, probing(relay.endpoint, timing) as outcomes:
        await eventually(lambda: len(outcomes) >= 1)
        relay.cut = True
        await eventually(lambda: outcomes[-SILENT_PROBES - 1 :] == [None] * (SILENT_PROBES + 1))
        assert relay.connections >= 2


async def test_answers_after_the_time_out_are_losses_and_never_taken_for_a_later_probes() -> None:
    timing = ProbeTiming(interval_seconds=0.05, timeout_seconds=0.1)
    async with peer() as endpoint, Relay.open(endpoint) as relay, probing(relay.endpoint, timing) as outcomes:
        relay.one_way_seconds = 0.08
        await eventually(lambda: len(outcomes) >= 12)
        assert set(outcomes[1:]) == {None}
        assert relay.connections == 1, "late answers show that the connection lives"


async def test_a_peer_that_is_restarted_has_lost_no_probe() -> None:
    async with AsyncExitStack() as first:
        endpoint = await first.enter_async_context(peer())
        async with probing(endpoint) as outcomes:
            await eventually(lambda: len(outcomes) >= 3)
            await first.aclose()
            told = len(outcomes)
            await asyncio.sleep(10 * FAST.interval_seconds)
            async with peer(endpoint.port):
                await eventually(lambda: len(outcomes) > told + 3)
            assert None not in outcomes


async def test_a_peer_that_left_and_stays_away_is_lost_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "AWAY_SECONDS", 0.5)
    async with AsyncExitStack() as first:
        endpoint = await first.enter_async_context(peer())
        async with probing(endpoint) as outcomes:
            await eventually(lambda: len(outcomes) >= 3)
            await first.aclose()
            left_at = time.monotonic()
            await eventually(lambda: outcomes[-2:] == [None, None])
            assert time.monotonic() - left_at >= 0.5
            async with peer(endpoint.port):
                await eventually(lambda: outcomes[-1] is not None)


async def test_who_takes_connections_and_closes_them_without_an_answer_is_lost_at_once() -> None:
    async def closing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    async with probing(Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])) as outcomes:
        await eventually(lambda: len(outcomes) >= 3)
        assert set(outcomes) == {None}
    server.close()


async def test_who_answers_what_was_never_asked_is_not_measured() -> None:
    async def liar(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while await reader.readexactly(8):
                writer.write(pack(2**60))

    server = await asyncio.start_server(liar, "127.0.0.1", 0)
    async with probing(Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])) as outcomes:
        await eventually(lambda: len(outcomes) >= 3)
        assert set(outcomes) == {None}
    server.close()


async def test_a_name_that_cannot_be_resolved_is_a_loss_and_no_crash() -> None:
    async with probing(Endpoint("a..b", 9777)) as outcomes:
        await eventually(lambda: outcomes[:2] == [None, None])
