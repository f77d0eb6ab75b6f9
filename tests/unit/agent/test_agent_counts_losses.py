# SPDX-License-Identifier: Apache-2.0
"""Datagrams tell what a path loses, faster where it loses something, and never that a firewall is a lossy path."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from aiworkload.agent import datagram_probe
from aiworkload.agent.datagram_probe import DatagramProber, extra_datagrams
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.way import Way
from tests.unit.agent.datagrams import LossyPath, answering, key_file
from tests.unit.agent.relay import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred times faster than life."""
    monkeypatch.setattr(datagram_probe, "QUIET_SECONDS", 0.005)
    monkeypatch.setattr(datagram_probe, "BUSY_SECONDS", 0.0005)
    monkeypatch.setattr(datagram_probe, "BUSY_PER_SECOND", 6000.0)


@asynccontextmanager
async def asking(endpoint: Endpoint, keys: KeyFile, paused: list[bool] | None = None) -> AsyncIterator[DatagramProber]:
    extra = extra_datagrams(asyncio.get_running_loop().time())
    prober = DatagramProber(Way("peer", endpoint), keys, extra, lambda: bool(paused), 0.1)
    task = asyncio.create_task(prober.run())
    try:
        yield prober
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def samples(prober: DatagramProber) -> int:
    found = prober.window.loss()
    return found.samples if found else 0


async def test_a_path_that_loses_nothing_is_told_to_lose_nothing(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with answering(keys, source_per_second=1e5) as endpoint, asking(endpoint, keys) as prober:
        await eventually(lambda: samples(prober) >= 50)
        found = prober.window.loss()
        assert found is not None
        assert found.basis_points == 0


async def test_a_loss_each_way_is_counted_once_for_the_exchange(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with (
        answering(keys, source_per_second=1e5) as upstream,
        LossyPath.open(upstream) as (path, endpoint),
        asking(endpoint, keys) as prober,
    ):
        path.loss = 0.1
        await eventually(lambda: samples(prober) >= 2000, seconds=30)
        found = prober.window.loss()
        assert found is not None
        assert abs(found.basis_points - 1900) < 400, "1 - 0.9 * 0.9, within four standard deviations"


async def test_where_something_is_lost_it_asks_more_often_until_it_knows_how_much(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with (
        answering(keys, source_per_second=1e5) as upstream,
        LossyPath.open(upstream) as (path, endpoint),
        asking(endpoint, keys) as prober,
    ):
        await eventually(lambda: samples(prober) >= 20)
        assert prober._interval() == datagram_probe.QUIET_SECONDS
        path.loss = 0.3
        await eventually(lambda: prober._interval() == datagram_probe.BUSY_SECONDS)


async def test_a_peer_with_another_key_and_a_firewall_are_silent_and_a_lossy_path_is_not(tmp_path: Path) -> None:
    keys, theirs = key_file(tmp_path), key_file(tmp_path, b"a key of another cluster", name="theirs")
    async with answering(theirs) as stranger, asking(stranger, keys) as prober:
        await eventually(lambda: prober.silent)
    async with (
        answering(keys, source_per_second=1e5) as upstream,
        LossyPath.open(upstream) as (path, endpoint),
        asking(endpoint, keys) as prober,
    ):
        path.loss = 0.25
        await eventually(lambda: samples(prober) >= 400, seconds=20)
        assert not prober.silent
        path.loss = 1.0
        await eventually(lambda: prober.silent)
        path.loss = 0.0
        await eventually(lambda: not prober.silent)


async def test_an_answer_that_is_sent_again_counts_once(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with (
        answering(keys, source_per_second=1e5) as upstream,
        LossyPath.open(upstream) as (path, endpoint),
        asking(endpoint, keys) as prober,
    ):
        await eventually(lambda: len(path.passed) >= 80)
        before = samples(prober)
        for datagram in path.passed[:40]:  # the newest may be on their way still
            prober._hear(datagram)
        assert samples(prober) == before


async def test_nothing_is_asked_and_nothing_counted_while_it_is_paused(tmp_path: Path) -> None:
    keys, paused = key_file(tmp_path), [True]
    async with answering(keys, source_per_second=1e5) as endpoint, asking(endpoint, keys, paused) as prober:
        await asyncio.sleep(0.1)
        assert samples(prober) == 0
        paused.clear()
        await eventually(lambda: samples(prober) >= 20)


@pytest.mark.parametrize("endpoint", [Endpoint("a..b", 9777), Endpoint("127.0.0.1", 1)])
async def test_a_peer_that_is_not_there_is_silent_and_no_crash(endpoint: Endpoint, tmp_path: Path) -> None:
    async with asking(endpoint, key_file(tmp_path)) as prober:
        await eventually(lambda: prober.silent)
