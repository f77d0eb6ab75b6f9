# SPDX-License-Identifier: Apache-2.0
"""The rules that all workloads of one `decide` share: one budget and one breaker for each world."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aiworkload.placement import breaker
from aiworkload.placement.budget import MoveBudget
from aiworkload.placement.world import World


@dataclass(frozen=True, slots=True)
class ClusterRules:
    """What the cluster bears."""

    budget: MoveBudget
    breaker: breaker.Breaker


_RULES: WeakKeyDictionary[World, ClusterRules] = WeakKeyDictionary()


def rules_of(world: World) -> ClusterRules:
    """The rules of a world, which begin with its first question."""
    found = _RULES.get(world)
    if found is None:
        seen, policy, now = world.snapshot, world.policy, world.now
        found = _RULES[world] = ClusterRules(MoveBudget.of(seen, policy, now), breaker.state(seen, policy, now))
    return found
