# SPDX-License-Identifier: Apache-2.0
"""`decide(snapshot, policy, now) -> Plan`: the one function behind the operator, the dry run and every what-if.

No IO, no clock, no dice: the same values give the same plan, whatever order they come in.
"""

from collections.abc import Callable

from aiworkload.placement.advice import Advice
from aiworkload.placement.block import Situation
from aiworkload.placement.candidates import Board, Field
from aiworkload.placement.connectivity import judged, next_change_at
from aiworkload.placement.context import Asking, ask
from aiworkload.placement.every_site import decide_every_site
from aiworkload.placement.many_sites import decide_many
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import Decision, Plan
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning, cramped_of
from aiworkload.placement.single_site import decide_single
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey


def decide(snapshot: Snapshot, policy: Policy, now: float, advice: Advice | None = None) -> Plan:
    """Where every workload belongs, and why; what matters more chooses first, each sees what is left."""
    seen = judged(snapshot, policy)
    reckoning, world, reserved = Reckoning.of(seen, policy)
    situation = Situation(reckoning.ways, reckoning.load, cramped_of(reserved))
    board = Board(reckoning.columns, situation, advice)
    decisions: dict[WorkloadKey, Decision] = {}
    for key, needs in reckoning.needs.items():
        advised = advice.advised.get(key) if advice else None
        asking = ask(world, needs, reserved.get(key, {}), advised)
        decisions[key] = _decide(asking, Field(asking, reckoning.scored[key], board))
    return Plan(decided_at=now, decisions=decisions, sites_check_at=next_change_at(seen, policy))


def _decide(asking: Asking, field: Field) -> Decision:
    decision = _rule_of(asking.needs)(asking, field)
    for where in decision.assignments:
        if where not in asking.standing:
            asking.world.ledger.reserve(where.site, asking.demands[where.variant], asking.needs.replicas)
    return decision


def _rule_of(needs: Needs) -> Callable[[Asking, Field], Decision]:
    if needs.everywhere:
        return decide_every_site
    return decide_many if needs.several else decide_single
