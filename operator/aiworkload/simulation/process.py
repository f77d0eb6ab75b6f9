# SPDX-License-Identifier: Apache-2.0
"""The operator's process on the virtual clock: what it remembers from cycle to cycle, and loses when it stops."""

from collections.abc import Callable
from dataclasses import replace

from aiworkload.placement.doubt import nodes_in_doubt
from aiworkload.placement.plan import Plan
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.advising import Adviser
from aiworkload.reconcile.cycle import MOST_EXPLAINED, Cycle, CycleReport, Decide, Options
from aiworkload.reconcile.inventory import Inventory
from aiworkload.reconcile.listening import Listener
from aiworkload.reconcile.ports import Events
from aiworkload.simulation.cluster import VirtualCluster
from aiworkload.snapshot.snapshot import Snapshot


class Process:
    """One process after another: each begins with nothing but the objects."""

    def __init__(
        self, cluster: VirtualCluster, events: Events, options: Options, rival: Decide | None, advice_seconds: float
    ) -> None:
        """`rival` decides in the engine's place; the engine asks for advice every so many seconds."""
        self._cluster = cluster
        self._events = events
        self._options = options
        self._rival = rival
        self._advice_seconds = advice_seconds
        self._adviser = Adviser(advice_seconds)
        self._inventory = Inventory()
        self._listener = self._listening()
        self.heard = 0
        """How often a look at Leases has told something new."""
        self._last: CycleReport | None = None

    def stop(self) -> None:
        """Forget everything, as a process that ends."""
        self._adviser, self._inventory, self._last = Adviser(self._advice_seconds), Inventory(), None
        self._listener = self._listening()

    @property
    def is_in_doubt(self) -> bool:
        """Whether Leases are worth a look, or were lately, so that a look may tell something new."""
        last = self._last
        return last is not None and bool(self._listener.pulses or nodes_in_doubt(last.snapshot, self._options.policy))

    async def listen(self) -> None:
        """Look at the Leases of kubelets in doubt, as the operator does beside its loop."""
        await self._listener.look()

    async def run(self) -> tuple[CycleReport, bool]:
        """One cycle, and whether it ended with other advice than it began with, which makes the next one due."""
        decide = self._adviser.decide_and_advise if self._rival is None else _all_anew(self._rival)
        advised = self._adviser.advice
        # Nobody reads in a status what would overturn a decision, and finding it out is most of a write's cost.
        cycle = Cycle(
            self._cluster,
            self._events,
            self._options,
            decide=decide,
            inventory=self._inventory,
            pulses=self._listener.pulses,
            explained=MOST_EXPLAINED,
        )
        self._last = await cycle.run(self._last)
        return self._last, self._adviser.advice is not advised

    def _listening(self) -> Listener:
        return Listener(self._cluster, self._cluster, self._cluster.clock, self._options.policy, self._hear)

    def _hear(self) -> None:
        self.heard += 1


def _all_anew(rival: Decide) -> Callable[[Snapshot, Policy, float], Plan]:
    """A rival need not tell what it has decided anew: then everything is carried out."""

    def decide(snapshot: Snapshot, policy: Policy, now: float) -> Plan:
        plan = rival(snapshot, policy, now)
        return plan if plan.fresh else replace(plan, fresh=frozenset(plan.decisions))

    return decide
