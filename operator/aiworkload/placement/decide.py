# SPDX-License-Identifier: Apache-2.0
"""`decide(snapshot, policy, now) -> Plan`: the one function behind the operator, the dry run and every what-if.

No IO, no clock, no dice: the same values give the same plan, whatever order they come in.
"""

from collections.abc import Mapping

from aiworkload.placement.candidates import field_of
from aiworkload.placement.capacity import demand_of
from aiworkload.placement.connectivity import judged, next_change_at
from aiworkload.placement.context import Asking, ask
from aiworkload.placement.every_site import decide_every_site
from aiworkload.placement.plan import Decision, Plan
from aiworkload.placement.policy import Policy
from aiworkload.placement.single_site import decide_single
from aiworkload.placement.world import World
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, Placement, Workload


def decide(snapshot: Snapshot, policy: Policy, now: float) -> Plan:
    """Where every workload belongs, and why; older workloads choose first, each sees what is left."""
    seen = judged(snapshot, policy)
    world = World(seen, policy, now)
    workloads = sorted((w for w in seen.workloads.values() if not w.deleting), key=lambda w: (w.created_at, w.key))
    reserved = {workload.key: _reserve_standing(world, workload) for workload in workloads}
    decisions = {workload.key: _decide(ask(world, workload, reserved[workload.key])) for workload in workloads}
    return Plan(decided_at=now, decisions=decisions, sites_check_at=next_change_at(seen, policy))


def _decide(asking: Asking) -> Decision:
    decide_one = decide_every_site if asking.serves_everywhere else decide_single
    decision = decide_one(asking, field_of(asking))
    _reserve_new(asking, decision)
    return decision


def _reserve_standing(world: World, workload: Workload) -> Mapping[Assignment, bool]:
    """Room for the replicas that stand but have no node yet, before anybody new is given any."""
    demands = {variant.name: demand_of(variant) for variant in workload.spec.variants}
    return {
        placement.assignment: world.ledger.reserve(placement.site, demands[placement.variant], waiting)
        for placement in workload.placements
        if not placement.deleting and placement.variant in demands and placement.site in world.locations
        for waiting in (_waiting(workload, placement),)
        if waiting > 0
    }


def _waiting(workload: Workload, placement: Placement) -> int:
    bound = sum(pod.node is not None and not pod.terminating for pod in placement.pods)
    return max(0, workload.spec.scaling.min_replicas - bound)


def _reserve_new(asking: Asking, decision: Decision) -> None:
    replicas = asking.workload.spec.scaling.min_replicas
    for where in decision.assignments:
        if where not in asking.standing:
            asking.world.ledger.reserve(where.site, asking.demands[where.variant], replicas)
