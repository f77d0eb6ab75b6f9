# SPDX-License-Identifier: Apache-2.0
"""What goes on beside the loop costs no cycle when it fails: it is told once, and begun again."""

import asyncio

import pytest

from aiworkload.placement.policy import Policy
from aiworkload.reconcile.background import Background
from aiworkload.reconcile.cycle import CycleReport, Options
from aiworkload.reconcile.listening import Listener
from aiworkload.reconcile.loop import Pace, run_loop
from tests.unit.reconcile.conftest import World
from tests.unit.reconcile.test_leases_are_looked_at_in_doubt import FakeLeases


async def test_work_that_is_under_way_is_cut_off_at_the_end() -> None:
    background = Background()
    background.begin("long", asyncio.Event().wait)
    assert background.is_busy("long")
    assert not background.is_busy("another")
    await background.close()
    assert not background.is_busy("long")
    assert background.failures() == ()


async def test_looking_at_leases_that_breaks_is_told_once_and_begun_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    async def run(listener: Listener) -> None:
        begun.append(listener)
        if len(begun) == 1:
            raise ZeroDivisionError("no pulse")
        await asyncio.Event().wait()

    monkeypatch.setattr(Listener, "run", run)
    reports: asyncio.Queue[CycleReport] = asyncio.Queue()
    looped = asyncio.create_task(
        run_loop(
            cluster=world.cluster,
            events=world.events,
            clock=world.clock,
            options=Options(Policy(), "triton:test"),
            pace=Pace(debounce_seconds=0.0, resync_seconds=0.05),
            wake=asyncio.Event(),
            observe=lambda report, _: reports.put_nowait(report),
            leases=FakeLeases(),
        )
    )
    async with asyncio.timeout(20):
        told = [(await reports.get()).failures for _ in range(4)]
    looped.cancel()
    await asyncio.gather(looped, return_exceptions=True)
    assert told == [(), ("listener: ZeroDivisionError: no pulse",), (), ()]
    assert len(begun) == 2
