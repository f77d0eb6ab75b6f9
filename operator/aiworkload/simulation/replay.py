# SPDX-License-Identifier: Apache-2.0
"""The replay: from one thing that is due to the next, with the production cycle between.

The operator's own rules say when a cycle runs (`reconcile.loop`): a moment after something changed, when a window runs
out, and at least every resync. A resync at which no figure has changed since the last cycle decides as that one did, so
it is left out once the solver of all workloads together has seen them too; a test holds both ways to one history.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final

from aiworkload.api.site import Connectivity
from aiworkload.reconcile.cycle import CycleReport
from aiworkload.reconcile.listening import LOOK_SECONDS
from aiworkload.simulation.clock import VirtualClock
from aiworkload.simulation.cluster import PostedEvents, VirtualCluster
from aiworkload.simulation.diary import Diary
from aiworkload.simulation.happenings import Stage
from aiworkload.simulation.loads import clients_of
from aiworkload.simulation.process import Process
from aiworkload.simulation.routing import Router
from aiworkload.simulation.spending import Ledger

_DEBOUNCE_SECONDS: Final = 0.3
"""Between two cycles while changes come: the operator's own default."""
_FAILURE_WAIT_SECONDS: Final = 2.0
"""After a cycle with a failed write: the operator's own."""
_LEAST_STEP: Final = 0.001


@dataclass(frozen=True, slots=True)
class CyclesRun:
    """How much work the replay was."""

    run: int = 0
    left_out: int = 0
    """Resyncs at which nothing had changed."""
    writes: int = 0


@dataclass(slots=True)
class Replay:
    """One scenario under way."""

    clock: VirtualClock
    cluster: VirtualCluster
    stage: Stage
    router: Router
    ledger: Ledger
    events: PostedEvents
    process: Process
    start: float
    end: float
    resync_seconds: float
    heartbeat_seconds: float
    next_news: Callable[[float], float | None]
    figures: Callable[[float], int]
    every_resync: bool = False
    """Whether resyncs at which nothing changed are run all the same."""
    cycles: CyclesRun = CyclesRun()
    diary: Diary = field(default_factory=Diary)
    told: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    """What happened, in words, with its time since the epoch."""
    _seen: tuple[int, int, int] = (-1, -1, -1)
    """Version, figures and what Leases had told at the last cycle."""
    _settled: bool = False
    """Whether the last cycle saw nothing new and got no new advice."""
    _cycle_due: float = 0.0
    _last_cycle: float = -inf
    _window_due: float = inf
    _look_due: float = inf
    """When the operator looks at Leases."""

    async def run(self, progress: Callable[[float], None]) -> None:
        """From the scenario's beginning to its end; `progress` hears the share that is done."""
        happenings = self.stage.happenings()
        at = 0
        self._cycle_due = self.start
        settle_due: float | None = self.start
        news: float | None = self.start
        while True:
            happening = self.start + happenings[at].at if at < len(happenings) else inf
            others = (due if due is not None else inf for due in (settle_due, news))
            now = min(happening, *others, self._cycle_due, self._look_due)
            if now >= self.end:
                break
            self.clock.advance(now)
            while at < len(happenings) and self.start + happenings[at].at <= now:
                self._happen(happenings[at].do, happenings[at].what, now)
                at += 1
            if news is not None and news <= now:
                news = self.next_news(now)
                self._call(now)
            if self._look_due <= now:
                await self._look(now)
            settle_due = await self._let_pass(now)
            progress((now - self.start) / (self.end - self.start))
        self.clock.advance(self.end)
        self._follow(self.end)

    def _happen(self, do: Callable[[], None], what: str, now: float) -> None:
        before = set(self.cluster.workloads)
        do()
        for key in before - set(self.cluster.workloads):
            self.router.end(key, now)
            self.ledger.end(key, now)
        if what:
            self.told.append((now, what))
        self._call(now)

    def _call(self, now: float) -> None:
        """A cycle is due, but not before the debounce is over."""
        self._cycle_due = min(self._cycle_due, max(now, self._last_cycle + _DEBOUNCE_SECONDS))

    async def _let_pass(self, now: float) -> float | None:
        """Kubernetes does its part, then the operator, then Kubernetes what the operator asked for."""
        before = self.cluster.version
        due = self.cluster.controllers.settle(now)
        if self.cluster.version != before:
            self._call(now)
        if self._cycle_due <= now:
            await self._turn(now)
            due = self.cluster.controllers.settle(now)
        self._follow(now)
        return due

    async def _turn(self, now: float) -> None:
        """A cycle, unless the operator is stopped or nothing has changed."""
        if not self.stage.operator_runs:
            self._cycle_due = self._look_due = inf  # whatever happens next calls again
            self.process.stop()
            self._settled = False
            return
        seen = (self.cluster.version, self.figures(now), self.process.heard)
        if seen == self._seen and self._settled and not self.every_resync and now < self._window_due:
            self.cycles = replace(self.cycles, left_out=self.cycles.left_out + 1)
            self._cycle_due = min(now + self.resync_seconds, self._window_due)
            return
        before = self.cluster.version
        report, advised = await self.process.run()
        wrote = self.cluster.version - before
        self.cycles = replace(self.cycles, run=self.cycles.run + 1, writes=self.cycles.writes + wrote)
        self.diary.note(report)
        self._settled = seen == self._seen and not advised
        self._seen = seen
        self._last_cycle = now
        self._window_due = max(now + _LEAST_STEP, _due(report, self.heartbeat_seconds))
        self._cycle_due = min(now + self.resync_seconds, self._window_due)
        if report.failures:
            self._cycle_due = min(self._cycle_due, now + _FAILURE_WAIT_SECONDS)
        if wrote or advised:
            self._call(now)
        if self._look_due == inf:
            self._look_again(now)

    async def _look(self, now: float) -> None:
        """At the Leases of kubelets in doubt; what is new of them makes a cycle due."""
        heard = self.process.heard
        await self.process.listen()
        if self.process.heard != heard:
            self._call(now)
        self._look_again(now)

    def _look_again(self, now: float) -> None:
        """The operator looks at its own pace, which began with it, but for nothing while there is no doubt."""
        rounds = (now - self.start) // LOOK_SECONDS + 1
        self._look_due = self.start + rounds * LOOK_SECONDS if self.process.is_in_doubt else inf

    def _follow(self, now: float) -> None:
        clients = {key: clients_of(workload) for key, workload in self.stage.present.items()}
        self.router.follow(clients, now)
        self.ledger.follow(now)


def _due(report: CycleReport, heartbeat_seconds: float) -> float:
    """When time alone makes another cycle due.

    A site that reports puts off its silence with every report, so its check is due only once a report is missing.
    """
    waits = [step.wait_until for step in report.steps.values() if step.wait_until is not None]
    waits += [d.next_check_at for d in report.plan.decisions.values() if d.next_check_at is not None]
    now = report.snapshot.taken_at
    unwell = any(
        site.connectivity is not Connectivity.CONNECTED
        or (site.last_report_at is not None and now - site.last_report_at >= heartbeat_seconds)
        for site in report.snapshot.sites.values()
    )
    if report.plan.sites_check_at is not None and unwell:
        waits.append(report.plan.sites_check_at)
    return min(waits, default=inf)
