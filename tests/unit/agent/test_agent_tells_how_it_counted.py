# SPDX-License-Identifier: Apache-2.0
"""Loss is told from datagrams where they come through, and from probes over TCP where they do not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aiworkload.agent import datagram_probe
from aiworkload.agent.endpoint import Endpoint
from aiworkload.agent.keys import KeyFile
from aiworkload.agent.measuring import Measuring
from aiworkload.agent.probe import ProbeTiming
from aiworkload.agent.window import LinkSummary
from aiworkload.api.node_report import LossSource
from tests.unit.agent.datagrams import LossyPath, answering, key_file, tcp_beside
from tests.unit.agent.relay import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram_probe, "QUIET_SECONDS", 0.02)


@asynccontextmanager
async def measuring(endpoint: Endpoint, keys: KeyFile | None) -> AsyncIterator[Measuring]:
    async with asyncio.TaskGroup() as group:
        found = Measuring(group, ProbeTiming(0.05, 0.2), 30, keys)
        found.probe({"cloud": endpoint})
        yield found
        found.probe({})


def link(found: Measuring) -> LinkSummary | None:
    return found.links().get("cloud")


async def test_where_datagrams_come_through_they_tell_the_loss(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with answering(keys) as endpoint, tcp_beside(endpoint), measuring(endpoint, keys) as found:
        await eventually(lambda: (now := link(found)) is not None and now.loss_source is LossSource.DATAGRAMS)
        now = link(found)
        assert now is not None
        assert now.loss_basis_points == 0
        assert now.rtt_p95 is not None


async def test_where_only_tcp_comes_through_probes_tell_it_and_nothing_reads_as_lost(tmp_path: Path) -> None:
    keys, theirs = key_file(tmp_path), key_file(tmp_path, b"a key of another cluster", name="theirs")
    async with answering(theirs) as endpoint, tcp_beside(endpoint), measuring(endpoint, keys) as found:
        await eventually(lambda: found._links["cloud"].datagrams is not None and link(found) is not None)
        for _ in range(40):
            await asyncio.sleep(0.05)
            now = link(found)
            assert now is not None
            assert (now.loss_source, now.loss_basis_points) == (LossSource.PROBES, 0)


async def test_a_cut_is_a_cut_for_both(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with answering(keys) as upstream, LossyPath.open(upstream) as (path, endpoint):
        async with tcp_beside(endpoint), measuring(endpoint, keys) as found:
            await eventually(lambda: (now := link(found)) is not None and now.loss_source is LossSource.DATAGRAMS)
            path.loss = 1.0
        async with measuring(endpoint, keys) as found:
            await eventually(lambda: (now := link(found)) is not None and now.samples >= 20)
            now = link(found)
            assert now is not None
            assert (now.loss_basis_points, now.consecutive_losses) == (10_000, now.samples)


async def test_a_firewall_that_comes_later_is_no_lossy_link_either(tmp_path: Path) -> None:
    keys = key_file(tmp_path)
    async with (
        answering(keys) as upstream,
        LossyPath.open(upstream) as (path, endpoint),
        tcp_beside(endpoint),
        measuring(endpoint, keys) as found,
    ):
        await eventually(lambda: (now := link(found)) is not None and now.loss_source is LossSource.DATAGRAMS)
        path.loss = 1.0
        await eventually(lambda: (now := link(found)) is not None and now.loss_source is LossSource.PROBES)
        path.loss = 0.0
        await eventually(lambda: (now := link(found)) is not None and now.loss_source is LossSource.DATAGRAMS)
        now = link(found)
        assert now is not None
        assert now.loss_basis_points == 0


async def test_without_a_key_probes_tell_it(tmp_path: Path) -> None:
    async with answering(key_file(tmp_path)) as endpoint, tcp_beside(endpoint), measuring(endpoint, None) as found:
        await eventually(lambda: (now := link(found)) is not None and now.samples >= 5)
        now = link(found)
        assert now is not None
        assert now.loss_source is LossSource.PROBES
