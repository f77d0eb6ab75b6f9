# SPDX-License-Identifier: Apache-2.0
"""All workloads together are looked at beside the loop, which never waits for it; what is advised wakes it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from aiworkload.placement.advice import Advice
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.reconcile import advising
from aiworkload.reconcile.cycle import CycleReport, Options
from aiworkload.reconcile.loop import Pace, run_loop
from tests.unit.reconcile.conftest import World

SCARCE = Advice(prices={"fog-1": {"cpu": 0.01}}, solved=True)
PATIENCE = 20.0
"""Seconds until a test gives up on something that must happen."""


@dataclass
class Solver:
    """Stands in for `advise`: it thinks until it is let go."""

    answers: list[Advice | Exception] = field(default_factory=lambda: [SCARCE])
    asked: list[Advice | None] = field(default_factory=list)
    thinking: int = 0
    most_at_once: int = 0
    began: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, reckoning: Reckoning, before: Advice | None) -> Advice:
        assert isinstance(reckoning, Reckoning)
        self.asked.append(before)
        self.thinking += 1
        self.began.set()
        self.most_at_once = max(self.most_at_once, self.thinking)
        assert self.let_go.wait(PATIENCE)
        self.thinking -= 1
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Running:
    """The loop as a task, cycle by cycle."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.wake = asyncio.Event()
        self.reports: asyncio.Queue[CycleReport] = asyncio.Queue()
        self.task = asyncio.create_task(
            run_loop(
                cluster=world.cluster,
                events=world.events,
                clock=world.clock,
                options=Options(Policy(), "triton:test"),
                pace=Pace(debounce_seconds=0.0, resync_seconds=PATIENCE, advice_seconds=30.0),
                wake=self.wake,
                observe=lambda report, _: self.reports.put_nowait(report),
            )
        )

    async def next(self, *, advised: bool | None = None) -> CycleReport:
        """The next report, or the next with or without advice."""
        async with asyncio.timeout(PATIENCE):
            while True:
                report = await self.reports.get()
                if advised is None or (report.advice is not None) == advised:
                    return report

    async def change(self, seconds: float) -> CycleReport:
        """Links are measured anew after so many seconds."""
        while not self.reports.empty():
            self.reports.get_nowait()
        self.world.clock.seconds += seconds
        self.world.measure(fog_1=5.0 + self.world.clock.seconds % 7)
        self.wake.set()
        return await self.next()


@pytest.fixture
def solver(monkeypatch: pytest.MonkeyPatch) -> Solver:
    found = Solver()
    monkeypatch.setattr(advising, "advise", found)
    return found


@pytest.fixture
async def running(world: World, solver: Solver) -> AsyncIterator[Running]:
    found = Running(world)
    yield found
    solver.let_go.set()
    found.task.cancel()
    await asyncio.gather(found.task, return_exceptions=True)


async def test_cycles_go_on_while_it_thinks_and_it_is_asked_one_thing_at_a_time(
    running: Running, solver: Solver
) -> None:
    for _ in range(3):
        assert (await running.change(40)).advice is None
    solver.let_go.set()
    assert (await running.next(advised=True)).advice == SCARCE
    assert solver.asked == [None]
    assert solver.most_at_once == 1


async def test_an_answer_wakes_the_loop_by_itself(running: Running, solver: Solver) -> None:
    await running.next(advised=False)
    solver.let_go.set()
    report = await running.next(advised=True)
    assert report.advice == SCARCE
    assert report.advice_seconds == 0.0


async def test_the_last_answer_is_where_the_next_begins_once_its_time_has_come(
    running: Running, solver: Solver
) -> None:
    solver.let_go.set()
    await running.next(advised=True)
    await running.change(29)
    assert solver.asked == [None]
    await running.change(2)
    await running.change(31)
    assert solver.asked[:2] == [None, SCARCE]


async def test_a_question_without_an_answer_is_told_and_asked_again(running: Running, solver: Solver) -> None:
    solver.answers = [ZeroDivisionError("no bins"), SCARCE]
    solver.let_go.set()
    async with asyncio.timeout(PATIENCE):
        while not (report := await running.next()).failures:
            pass
    assert report.failures == ("advice: ZeroDivisionError: no bins",)
    assert report.advice is None
    running.world.clock.seconds += 31
    running.wake.set()
    assert (await running.next(advised=True)).advice == SCARCE


async def test_the_loop_ends_at_once_though_it_thinks(running: Running, solver: Solver) -> None:
    await running.next()
    async with asyncio.timeout(PATIENCE):
        assert await asyncio.to_thread(solver.began.wait, PATIENCE)
        running.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running.task
    assert solver.thinking == 1
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "advice"]
