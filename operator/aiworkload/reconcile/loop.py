# SPDX-License-Identifier: Apache-2.0
"""When a cycle runs: soon after something changed, when a window runs out, and at least every `resync`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from aiworkload.reconcile.advising import Adviser, BackgroundAdviser
from aiworkload.reconcile.background import Background
from aiworkload.reconcile.cycle import Cycle, CycleReport, Options
from aiworkload.reconcile.inventory import Inventory
from aiworkload.reconcile.listening import Listener
from aiworkload.reconcile.ports import Clock, Cluster, Events, Leases
from aiworkload.reconcile.surveying import BackgroundSurveyor

MIN_WAIT_SECONDS: Final = 0.05
"""A window that ran out a moment ago must not spin the loop."""

FAILURE_WAIT_SECONDS: Final = 2.0
"""Pause after a cycle with failed writes: as long as an elector's retry, short enough for a person watching."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the loop may and must run."""

    debounce_seconds: float = 0.3
    """Least time between two cycles, so that a flood of changes is few cycles. The first change after a quiet time
    waits for nothing."""
    resync_seconds: float = 30.0
    """With nothing changed at all: ages grow, so facts turn stale by time alone."""
    advice_seconds: float = 30.0
    """Least time between two looks at all workloads together: two resyncs look at the same facts twice. Ours."""


async def run_loop(
    *,
    cluster: Cluster,
    events: Events,
    clock: Clock,
    options: Options,
    pace: Pace,
    wake: asyncio.Event,
    observe: Callable[[CycleReport, float], None],
    leases: Leases | None = None,
) -> None:
    """Run cycles until cancelled, or until `Fenced` says that another process leads.

    `observe` is told each cycle's report and how many seconds it took. All workloads together are looked at between
    cycles, in the background; what that advises counts from the next cycle on. So it is with where sites lie in the
    network, and with the Leases of kubelets in doubt; without `leases` nobody looks at them.
    """
    adviser, inventory, background = Adviser(pace.advice_seconds), Inventory(options.peers_per_site), Background()
    asking = BackgroundAdviser(adviser, clock, wake.set, background)
    surveyor = BackgroundSurveyor(clock, wake.set, background)
    listener = Listener(cluster, leases, clock, options.policy, wake.set) if leases else None
    report: CycleReport | None = None
    try:
        while True:
            wake.clear()
            began = clock.now()
            cycle = Cycle(cluster, events, options, adviser.decide, inventory, surveyor.coordinates)
            cycle.pulses = listener.pulses if listener else None
            report = await cycle.run(report)
            ended = clock.now()
            report = replace(
                report,
                failures=(*report.failures, *background.failures()),
                advice=adviser.advice,
                advice_seconds=asking.seconds,
            )
            observe(report, ended - began)
            asking.consider()
            surveyor.consider(report.snapshot)
            if listener and not background.is_busy("listener"):
                background.begin("listener", listener.run)
            if await _changed(wake, _wait_seconds(report, ended, pace)):
                await asyncio.sleep(max(0.0, ended + pace.debounce_seconds - clock.now()))
    finally:
        await background.close()


def _wait_seconds(report: CycleReport, now: float, pace: Pace) -> float:
    due = [now + pace.resync_seconds]
    if report.next_due is not None:
        due.append(report.next_due)
    if report.failures:
        due.append(now + FAILURE_WAIT_SECONDS)
    return max(MIN_WAIT_SECONDS, min(due) - now)


async def _changed(wake: asyncio.Event, seconds: float) -> bool:
    """Whether something changed before the time was up."""
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return False
    return True
