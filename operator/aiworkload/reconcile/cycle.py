# SPDX-License-Identifier: Apache-2.0
"""One cycle: observe, snapshot, decide, act, report.

Nothing is remembered between cycles: the same cluster always leads to the same writes, so a cycle may be cut off
anywhere and the next one, here or in another process, goes on.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

from aiworkload.api.workload_status import AIWorkloadStatus
from aiworkload.placement.advice import Advice
from aiworkload.placement.decide import decide
from aiworkload.placement.overturns import Search
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.inventory import Inventory
from aiworkload.reconcile.materiality import site_changed, workload_changed
from aiworkload.reconcile.notes import about, move_notes, site_notes, status_notes, step_notes
from aiworkload.reconcile.ports import Cluster, ClusterError, Events, EventType, Fenced, Note, Refused
from aiworkload.reconcile.site_report import site_status
from aiworkload.reconcile.workload_report import explained, status_of, unreadable_status
from aiworkload.rollout.actions import Apply, Delete, Step
from aiworkload.rollout.steps import next_step
from aiworkload.rollout.view import View
from aiworkload.sensing.peers import FAIR_SHARE
from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.discovery import discovered
from aiworkload.snapshot.pulse import Pulse
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import UnreadableWorkload, Workload, WorkloadKey

logger = logging.getLogger(__name__)

MOST_EXPLAINED: Final = 100
"""Statuses in one cycle that tell what would overturn their decision: the search takes some 5 ms each. When more are
written at once, most stand for one event, and `explain --live` tells of any. Ours."""

Decide = Callable[[Snapshot, Policy, float], Plan]
"""`placement.decide`'s own form; a replay may put a rival in its place."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the administrator sets for the loop."""

    policy: Policy
    server_image: str
    """The inference server's image where a workload names none."""
    peers_per_site: int = FAIR_SHARE
    """Sites that one site probes in all, while workloads ask for fewer."""
    discover_sites: bool = True
    """Whether nodes that no Site selects are grouped into Sites."""


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What one cycle saw, decided and did: metrics and logs are derived from it."""

    snapshot: Snapshot
    plan: Plan
    steps: Mapping[WorkloadKey, Step] = field(default_factory=dict[WorkloadKey, Step])
    failures: tuple[str, ...] = ()
    """Sentences about writes that failed, each tried again in the next cycle, and about advice that did not come."""
    advice: Advice | None = None
    """What the solver of all workloads together last found; None: it was not asked yet."""
    advice_seconds: float | None = None
    """How long the last solve took; None: nothing needed solving yet."""
    decide_seconds: float = 0.0
    """How long step 3 took, by this machine's clock."""
    behind: bool = False
    """Whether agents are left to be told something that was too much for one cycle."""

    @property
    def next_due(self) -> float | None:
        """When time alone makes the next cycle due (seconds since the epoch)."""
        waits = [step.wait_until for step in self.steps.values() if step.wait_until is not None]
        if self.plan.next_check_at is not None:
            waits.append(self.plan.next_check_at)
        if self.behind and not self.failures:
            waits.append(self.snapshot.taken_at)
        return min(waits, default=None)


def _acting(plan: Plan, before: CycleReport | None, now: float) -> frozenset[WorkloadKey]:
    """Workloads with something to do: decided anew, or waiting until now; all of them after writes that failed."""
    if before is None or before.failures:
        return frozenset(plan.decisions)
    due = (key for key, step in before.steps.items() if step.wait_until is not None and step.wait_until <= now)
    unknown = plan.decisions.keys() - before.steps.keys()
    return plan.fresh | unknown | (frozenset(due) & plan.decisions.keys())


def _seen_anew(snapshot: Snapshot, before: CycleReport | None) -> tuple[Site, ...]:
    """Sites that are not the very same as in the last cycle."""
    known: Mapping[str, Site] = before.snapshot.sites if before and not before.failures else {}
    return tuple(site for name, site in snapshot.sites.items() if known.get(name) is not site)


@dataclass(slots=True)
class Cycle:
    """One pass over the cluster. Raises `Fenced` when this process leads no more; all else is reported."""

    cluster: Cluster
    events: Events
    options: Options
    decide: Decide = decide
    inventory: Inventory = field(default_factory=Inventory)
    """Kept from cycle to cycle by whoever runs them."""
    coordinates: Coordinates | None = None
    """Where sites lie in the network, as last surveyed."""
    pulses: Mapping[str, Pulse] | None = None
    """What the Leases of nodes in doubt say; None: nobody looks at them."""
    failures: list[str] = field(default_factory=list[str])
    explained: int = 0
    """Statuses of this cycle that were to tell what would overturn them."""

    async def run(self, before: CycleReport | None = None) -> CycleReport:
        """The five steps of the loop; `before` is the last cycle's report, whose unchanged part is not done again."""
        # 1. observe: the watches have filled the store.
        # 2. snapshot: everything at one moment.
        seen = replace(self.cluster.snapshot(), coordinates=self.coordinates, pulses=self.pulses)
        taken = self.inventory.follow(seen)
        # 3. decide: the one pure function, which also judges each site's connectivity.
        began = perf_counter()
        plan = self.decide(taken, self.options.policy, taken.taken_at)
        decide_seconds = perf_counter() - began
        snapshot = plan.seen
        # 4. act and 5. report: each workload on its own, so that one that fails holds up no other.
        acting = _acting(plan, before, snapshot.taken_at)
        standing: Mapping[WorkloadKey, Step] = before.steps if before else {}
        steps = {
            key: next_step(self._view(snapshot, plan, key)) if key in acting else standing[key]
            for key in plan.decisions
        }
        await asyncio.gather(
            self._keep_inventory(snapshot.sites),
            *(self._report_site(site, snapshot) for site in _seen_anew(snapshot, before)),
            *(self._refuse(unreadable, snapshot.taken_at) for unreadable in snapshot.unreadable),
            *(self._carry_out(self._view(snapshot, plan, key), steps[key]) for key in steps if key in acting),
        )
        return CycleReport(
            snapshot,
            plan,
            steps,
            tuple(self.failures),
            decide_seconds=decide_seconds,
            behind=self.inventory.is_behind,
        )

    def _view(self, snapshot: Snapshot, plan: Plan, key: WorkloadKey) -> View:
        workload = snapshot.workloads[key]
        image = self.options.server_image
        return View(workload, plan.decisions[key], snapshot.sites, snapshot.taken_at, image)

    async def _carry_out(self, view: View, step: Step) -> None:
        """Create and change first, then the status (with the moves that ended), and only then delete.

        In this order a crash can leave a move recorded and its old placement standing, which the next cycle
        removes; never a placement gone and its move forgotten.
        """
        workload = view.workload
        try:
            refusal = await self._apply_all(workload, step)
            status = status_of(view, step, refusal)
            if workload_changed(workload.published, status):
                status = self._explained(status, view)
                await self.cluster.write_workload_status(workload, status)
                self._post((*status_notes(workload, status), *move_notes(workload, step.ended)))
            for action in step.actions:
                if isinstance(action, Delete):
                    await self.cluster.delete(action.kind, action.namespace, action.name, action.uid)
        except Fenced:
            raise
        except ClusterError as error:
            self._failed(f"{workload.key}: {error}")
        finally:
            if isinstance(view.decision.overturns, Search):
                view.decision.overturns.forget()

    def _explained(self, status: AIWorkloadStatus, view: View) -> AIWorkloadStatus:
        """With what would overturn the decision, for as many as do not hold up the cycle."""
        self.explained += 1
        return explained(status, view.decision) if self.explained <= MOST_EXPLAINED else status

    async def _apply_all(self, workload: Workload, step: Step) -> str | None:
        """The API server's sentence if it refused; what was written is announced at once, whatever fails later."""
        for action in step.actions:
            if isinstance(action, Apply):
                try:
                    wrote = await self.cluster.apply(action.manifest)
                except Refused as refusal:
                    return str(refusal)
                if wrote:
                    self._post(step_notes(workload, action.facts))
        return None

    async def _report_site(self, site: Site, snapshot: Snapshot) -> None:
        status = site_status(site, snapshot)
        if not site_changed(site.published, status):
            return
        try:
            await self.cluster.write_site_status(site, status)
            self._post(site_notes(site, status))
        except Fenced:
            raise
        except ClusterError as error:
            self._failed(f"site {site.name}: {error}")

    async def _refuse(self, workload: UnreadableWorkload, now: float) -> None:
        if workload.reported:
            return
        try:
            await self.cluster.write_workload_status(workload, unreadable_status(workload, now))
            self._post((Note(about(workload), EventType.WARNING, "SpecInvalid", workload.error),))
        except Fenced:
            raise
        except ClusterError as error:
            self._failed(f"{workload.key}: {error}")

    async def _keep_inventory(self, sites: Iterable[str]) -> None:
        homeless = self.inventory.homeless() if self.options.discover_sites else ()
        writes = (
            *(self.cluster.create(site) for site in discovered(homeless, sites)),
            *(self.cluster.apply(report) for report in self.inventory.node_reports()),
        )
        failed = [told for told in await asyncio.gather(*writes, return_exceptions=True) if not isinstance(told, bool)]
        for error in failed:
            if isinstance(error, Fenced) or not isinstance(error, ClusterError):
                raise error
        if failed:
            more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
            self._failed(f"inventory: {failed[0]}{more}")

    def _post(self, notes: tuple[Note, ...]) -> None:
        for note in notes:
            self.events.post(note)

    def _failed(self, sentence: str) -> None:
        logger.warning("%s; tried again in the next cycle", sentence)
        self.failures.append(sentence)
