# SPDX-License-Identifier: Apache-2.0
"""The agent goes on measuring whatever becomes of its reports, and publishes again as soon as it can."""

import asyncio
import logging
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from aiworkload.agent import machine as machine_module
from aiworkload.agent import retries
from aiworkload.agent.echo import EchoServer
from aiworkload.agent.endpoint import Endpoint, parse_endpoint
from aiworkload.agent.machine import PROC, Machine
from aiworkload.agent.publish import NotCreated, NotNow, PublishError
from aiworkload.agent.run import Agent
from aiworkload.agent.settings import read_settings
from aiworkload.api.node_report import OUTAGE_LOSSES, NodeReportSpec, NodeReportStatus, Peer
from tests.unit.agent.relay import Relay, eventually

FAST = ("--interval", "0.05", "--min-write-seconds", "0.1", "--heartbeat", "0.3")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class ReportStore:
    """The API server as the agent sees it: takes reports, or fails as told."""

    def __init__(self) -> None:
        self.taken: list[NodeReportStatus] = []
        self.attempts = 0
        self.failure: PublishError | None = None
        self.spec = NodeReportSpec()

    async def publish(self, status: NodeReportStatus) -> NodeReportSpec:
        self.attempts += 1
        if self.failure:
            raise self.failure
        self.taken.append(status)
        return self.spec

    def last_sites(self) -> list[str]:
        return [link.site for link in self.taken[-1].links] if self.taken else []


@asynccontextmanager
async def running(store: ReportStore, *flags: str, machine: Path | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """An agent; without a `machine`, whose /proc it is, it does not look at the one that the tests keep busy."""
    named = ("--node-name", "edge-1", "--listen", f"127.0.0.1:{free_port()}")
    settings = read_settings((*named, *FAST, *flags, *(() if machine else ("--no-machine",))), {})
    agent = Agent(settings, store, Machine(1.0, machine) if machine else None)
    task = asyncio.create_task(agent.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def peer() -> AsyncIterator[str]:
    echo = EchoServer()
    server = await echo.listen(Endpoint("127.0.0.1", 0))
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        echo.close()


async def test_the_first_report_tells_the_endpoint_and_its_answer_tells_the_peers() -> None:
    store = ReportStore()
    async with peer() as endpoint, running(store):
        store.spec = NodeReportSpec(peers=(Peer(site="cloud", endpoint=endpoint),))
        await eventually(lambda: store.last_sites() == ["cloud"])
        assert (store.taken[0].endpoint or "").startswith("127.0.0.1:")
        assert store.taken[0].links == ()
        assert store.taken[-1].links[0].rtt_p95_microseconds is not None


async def test_a_peer_that_the_operator_takes_away_is_told_no_more() -> None:
    store = ReportStore()
    async with peer() as endpoint, running(store):
        store.spec = NodeReportSpec(peers=(Peer(site="cloud", endpoint=endpoint),))
        await eventually(lambda: store.last_sites() == ["cloud"])
        store.spec = NodeReportSpec()
        await eventually(lambda: store.last_sites() == [])


async def test_a_peer_as_seen_from_here_wins_over_the_operators_word() -> None:
    store = ReportStore()
    store.spec = NodeReportSpec(peers=(Peer(site="cloud", endpoint="127.0.0.1:1"),))
    async with peer() as endpoint, running(store, "--peer", f"cloud={endpoint}"):
        await eventually(lambda: store.last_sites() == ["cloud"])
        assert store.taken[-1].links[0].loss_basis_points == 0


async def test_a_peer_that_moved_to_another_address_is_found_there_and_was_never_told_lost() -> None:
    """Its new address is in the answer to the next write, which a silent peer does not let wait for the heartbeat."""
    slowly = ("--interval", "0.2")  # a report without the link goes out before the new address has its first samples
    store = ReportStore()
    async with AsyncExitStack() as first, peer() as second, running(store, "--heartbeat", "60", *slowly):
        store.spec = NodeReportSpec(peers=(Peer(site="cloud", endpoint=await first.enter_async_context(peer())),))
        await eventually(lambda: store.last_sites() == ["cloud"])
        await first.aclose()
        store.spec = NodeReportSpec(peers=(Peer(site="cloud", endpoint=second),))
        written = len(store.taken)
        await eventually(lambda: len(store.taken) >= written + 2 and store.last_sites() == ["cloud"])
        assert all(link.consecutive_losses == 0 for report in store.taken for link in report.links)


async def test_whom_the_operator_names_in_anothers_place_is_not_measured(caplog: pytest.LogCaptureFixture) -> None:
    """A node that was taken over may tell anything as its endpoint: here this agent's own, and its own machine."""
    store = ReportStore()
    async with peer() as endpoint, running(store):
        await eventually(lambda: len(store.taken) >= 1)
        liars = (Peer(site="liar", endpoint=store.taken[0].endpoint or ""), Peer(site="fool", endpoint="0.0.0.0:9777"))
        store.spec = NodeReportSpec(peers=(*liars, Peer(site="cloud", endpoint=endpoint)))
        await eventually(lambda: store.last_sites() == ["cloud"])
        written = len(store.taken)
        await eventually(lambda: len(store.taken) >= written + 3)
        assert store.last_sites() == ["cloud"]
    assert caplog.text.count("the peer at site liar is not measured") == 1
    assert caplog.text.count("the peer at site fool is not measured") == 1


async def test_a_peer_on_loopback_is_measured_by_the_administrators_word_alone() -> None:
    store = ReportStore()
    async with peer() as endpoint, running(store, "--endpoint", "192.0.2.7:9777", "--peer", f"gateway={endpoint}"):
        store.spec = NodeReportSpec(peers=(Peer(site="liar", endpoint=endpoint),))
        await eventually(lambda: store.last_sites() == ["gateway"])
        written = len(store.taken)
        await eventually(lambda: len(store.taken) >= written + 3)
        assert store.last_sites() == ["gateway"]


async def test_without_news_it_writes_as_often_as_the_heartbeat_says_and_no_more() -> None:
    store = ReportStore()
    async with running(store):
        await eventually(lambda: len(store.taken) >= 1)
        before = len(store.taken)
        await asyncio.sleep(1.0)
        assert 2 <= len(store.taken) - before <= 4


async def test_measuring_goes_on_while_nothing_can_be_published() -> None:
    store = ReportStore()
    async with peer() as endpoint, running(store, "--peer", f"cloud={endpoint}"):
        await eventually(lambda: store.last_sites() == ["cloud"])
        store.failure = PublishError("the API server cannot be reached: refused")
        before, seen = store.attempts, store.taken[-1].links[0].samples
        await eventually(lambda: store.attempts >= before + 2)
        store.failure = None
        await eventually(lambda: store.taken[-1].links[0].samples >= min(30, seen + 10))


async def test_who_is_to_leave_the_api_server_alone_does_and_measures_on() -> None:
    store = ReportStore()
    store.failure = NotNow("too many requests", retry_after=60.0)
    async with peer() as endpoint, running(store, "--heartbeat", "60", "--peer", f"cloud={endpoint}"):
        await eventually(lambda: store.attempts == 1)
        await asyncio.sleep(0.5)
        assert store.attempts == 1


async def test_where_a_link_heals_the_api_server_is_tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SOON_SECONDS", 0.1)
    store = ReportStore()
    flags = ("--heartbeat", "60", "--timeout", "0.1")
    async with (
        peer() as upstream,
        Relay.open(parse_endpoint(upstream)) as relay,
        running(store, *flags, "--peer", f"cloud={relay.endpoint}"),
    ):
        await eventually(lambda: store.last_sites() == ["cloud"])
        relay.cut = True
        await eventually(lambda: store.taken[-1].links[0].consecutive_losses >= OUTAGE_LOSSES)
        store.failure = PublishError("the API server cannot be reached: refused", retry_after=60.0)
        await eventually(lambda: store.attempts > len(store.taken))
        relay.cut, store.failure = False, None
        await eventually(lambda: store.taken[-1].links[0].consecutive_losses == 0)


async def test_the_same_trouble_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    store = ReportStore()
    store.failure = NotCreated("there is no NodeReport edge-1 yet")
    async with running(store):
        await eventually(lambda: store.attempts >= 3)
        store.failure = None
        await eventually(lambda: len(store.taken) >= 1)
    assert caplog.text.count("there is no NodeReport edge-1 yet") == 1
    assert caplog.text.count("publishing NodeReport edge-1") == 1


async def test_it_ends_within_a_second_of_being_cancelled() -> None:
    store = ReportStore()
    async with running(store, "--peer", "cloud=127.0.0.1:1") as task:
        await eventually(lambda: len(store.taken) >= 1)
        task.cancel()
        await asyncio.wait([task], timeout=1.0)
        assert task.done()


async def test_the_machines_use_is_in_every_report_or_by_wish_in_none() -> None:
    told, untold = ReportStore(), ReportStore()
    async with running(told, machine=PROC), running(untold):
        await eventually(lambda: len(told.taken) > 1 and len(untold.taken) > 1)
    assert all(report.machine and report.machine.memory_percent for report in told.taken)
    assert told.taken[-1].machine is not None
    assert told.taken[-1].machine.cpu_percent is not None
    assert [report.machine for report in untold.taken] == [None] * len(untold.taken)


async def test_a_machine_under_pressure_says_so_and_is_not_probed_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_module, "SLOW_SECONDS", 0.05)
    for name in ("stat", "meminfo"):
        shutil.copy(PROC / name, tmp_path / name)
    load = tmp_path / "loadavg"
    load.write_text("0.00 0.00 0.00 1/1 1\n")
    store = ReportStore()
    async with peer() as endpoint, running(store, "--peer", f"cloud={endpoint}", "--window", "1000", machine=tmp_path):
        await eventually(lambda: store.last_sites() == ["cloud"])
        load.write_text("999.00 0.00 0.00 1/1 1\n")
        await eventually(lambda: (told := store.taken[-1].machine) is not None and told.pressed == ("Cpu",))
        await asyncio.sleep(0.3)
        seen = store.taken[-1].links[0].samples
        await asyncio.sleep(0.5)
        assert store.taken[-1].links[0].samples == seen
        load.write_text("0.00 0.00 0.00 1/1 1\n")
        await eventually(lambda: (told := store.taken[-1].machine) is not None and not told.pressed)
        await eventually(lambda: store.taken[-1].links[0].samples > seen)
