# SPDX-License-Identifier: Apache-2.0
"""What the solver of all workloads together says to one of them: the stability rules judge it as any other move."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiworkload.placement.needs import Needs
from aiworkload.snapshot.workload import Assignment, WorkloadKey


@dataclass(frozen=True, slots=True)
class Advised:
    """A place that the solver of all workloads together would rather have it at."""

    target: Assignment
    gain: int
    """Points that the whole exchange gains, for each of its moves."""
    words: str
    """Why, as a clause."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What the solver found for all workloads together."""

    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    """Points that one unit of a resource is worth, by site and resource; what is not scarce is missing."""
    advised: Mapping[WorkloadKey, Advised] = field(default_factory=dict[WorkloadKey, Advised])
    """Workloads that should stand elsewhere than they do."""
    urgency: Mapping[int, float] = field(default_factory=dict[int, float])
    """How much a point counts, by the workload's priority; 1 where a priority is missing."""
    objective: float = 0.0
    """Points lost by the standing plan, weighted by priority."""
    bound: float = 0.0
    """Points that any plan loses at least."""
    gap: float = 0.0
    """Share of the bound that the standing plan loses above it."""
    reached: float = 0.0
    """The same of the choice that the solver found the last time: what it could not prove, nothing is done about."""
    solved: bool = False
    """Whether this is fresh from the solver, or what stands was near enough to the bound without."""

    def scarcity(self, site: str, needs: Needs, variant: str) -> int:
        """Points that a workload's room at a site is worth to others."""
        prices = self.prices.get(site)
        if not prices:
            return 0
        demand = next(found.demand for found in needs.variants if found.name == variant)
        worth = sum(prices.get(resource, 0.0) * amount for resource, amount in demand) * needs.replicas
        return round(worth / self.urgency.get(needs.workload.priority, 1.0))
