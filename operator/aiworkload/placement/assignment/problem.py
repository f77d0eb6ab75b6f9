# SPDX-License-Identifier: Apache-2.0
"""The joint assignment as arrays: every workload takes one option, and no site is filled beyond what it has.

A **group** is a workload, a **bin** a site, an **option** one (site, variant) pair that a workload may take, or it
stays unplaced at a price. This is the generalised assignment problem (Martello and Toth, Knapsack Problems, 1990,
chapter 7) with several resources a bin and several options of a group in the same bin. Nothing here knows what a
workload is.

Sizes in the docstrings: G groups, B bins, P options, D resource dimensions.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

UNPLACED: Final = -1
"""What stands in a choice for a group that takes no option."""
TOLERANCE: Final = 1e-9
"""How far beyond its capacity, as a share of it, a bin counts as full and not as overfull: rounding of sums. Ours."""


CAPACITY_AXES: Final = 2
"""Bins and dimensions."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What to assign. Costs are in the caller's unit (points lost), usage and capacity in one unit a dimension.

    Attributes:
        group: (P,) each option's group, ascending.
        bin: (P,) each option's bin.
        cost: (P,) what taking the option costs, at least 0.
        usage: (P, D) what the option takes from its bin, at least 0.
        capacity: (B, D) what each bin has, at least 0.
        unplaced_cost: (G,) what leaving the group unplaced costs; inf: only if there is no room for it.
        floor_cost: (G,) no option that was left out of the list costs less; inf: the list is complete. It keeps the
            bound valid for the whole problem when only each group's best candidates are given.

    Raises:
        ValueError: arrays do not fit together, options are not sorted by group, or a number is negative or not one.
    """

    group: Integers
    bin: Integers
    cost: Floats
    usage: Floats
    capacity: Floats
    unplaced_cost: Floats
    floor_cost: Floats | None = None

    def __post_init__(self) -> None:
        """Refuse what would otherwise give a wrong answer in silence."""
        self._fit_together()
        self._are_in_order()
        for name, values in {"cost": self.cost, "usage": self.usage, "capacity": self.capacity}.items():
            if not np.all(np.isfinite(values) & (values >= 0)):
                raise ValueError(f"{name} must be finite and at least 0")
        for name, costs in {"unplaced_cost": self.unplaced_cost, "floor_cost": self.floor}.items():
            if not np.all(costs >= 0):
                raise ValueError(f"{name} must be at least 0, or inf")

    def _fit_together(self) -> None:
        if self.capacity.ndim != CAPACITY_AXES or not self.capacity.shape[1]:
            raise ValueError(f"capacity has shape {self.capacity.shape}; it must be (bins, at least one dimension)")
        options, groups = len(self.group), self.groups
        shapes = {
            "bin": (self.bin.shape, (options,)),
            "cost": (self.cost.shape, (options,)),
            "usage": (self.usage.shape, (options, self.capacity.shape[1])),
            "floor_cost": ((groups,) if self.floor_cost is None else self.floor_cost.shape, (groups,)),
        }
        for name, (found, wanted) in shapes.items():
            if found != wanted:
                raise ValueError(f"{name} has shape {found}; the other arrays make it {wanted}")

    def _are_in_order(self) -> None:
        if not len(self.group):
            return
        if self.group[0] < 0 or self.group[-1] >= self.groups or np.any(np.diff(self.group) < 0):
            raise ValueError(f"group must be ascending within 0..{self.groups - 1}: sort the options by group")
        if self.bin.min() < 0 or self.bin.max() >= len(self.capacity):
            raise ValueError(f"bin must lie within 0..{len(self.capacity) - 1}")

    @property
    def groups(self) -> int:
        """G."""
        return len(self.unplaced_cost)

    @property
    def floor(self) -> Floats:
        """(G,) the cheapest that a group could do without the listed options: unplaced, or one left out."""
        return self.unplaced_cost if self.floor_cost is None else np.minimum(self.unplaced_cost, self.floor_cost)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much work to spend, in steps and never in seconds, so that equal problems have equal answers.

    Attributes:
        dual_steps: price updates at most.
        searches: how many times some bins are emptied and filled anew.
        rounds: passes of the local search over all moves each time, at most.
        enough_gap: stop once the certified gap is no larger.
    """

    dual_steps: int = 100
    searches: int = 0
    rounds: int = 5
    enough_gap: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where to begin: what was known the last time. Either may be missing.

    Attributes:
        prices: (B, D) the last solution's.
        choice: (G,) what stands, as indices of options of *this* problem; counts only where it is feasible.
    """

    prices: Floats | None = None
    choice: Integers | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A feasible choice and the proof of how good it is.

    Attributes:
        choice: (G,) the option that each group takes, or UNPLACED.
        objective: its cost; inf when a group that must be placed is not.
        bound: no feasible choice costs less, by the Lagrangian dual at `prices`.
        prices: (B, D) what one unit of each resource is worth, at least 0.
    """

    choice: Integers
    objective: float
    bound: float
    prices: Floats
    gap: float = field(init=False)
    """(objective - bound) / bound; 0 when they are equal, inf when the bound is 0 and the objective is not."""

    def __post_init__(self) -> None:
        """Derive the gap."""
        object.__setattr__(self, "gap", gap_between(self.objective, self.bound))


def gap_between(objective: float, bound: float) -> float:
    """How far an objective may be from the optimum, as a share of the bound."""
    if objective <= bound:
        return 0.0
    return (objective - bound) / bound if bound > 0 else np.inf


def objective_of(problem: Problem, choice: Integers) -> float:
    """What a choice costs, whether it is feasible or not."""
    placed = choice != UNPLACED
    return float(problem.cost[choice[placed]].sum() + problem.unplaced_cost[~placed].sum())


def load_of(problem: Problem, choice: Integers) -> Floats:
    """(B, D) what a choice takes from each bin."""
    taken = choice[choice != UNPLACED]
    bins, dimensions = problem.capacity.shape
    at = problem.bin[taken]
    columns: list[Floats] = [np.bincount(at, problem.usage[taken, d], bins).astype(float) for d in range(dimensions)]
    return np.stack(columns, axis=1)


def is_feasible(problem: Problem, choice: Integers) -> bool:
    """Whether every group takes an option of its own or none, and no bin is filled beyond its capacity."""
    placed = np.flatnonzero(choice != UNPLACED)
    taken = choice[placed]
    if len(choice) != problem.groups or np.any((taken < 0) | (taken >= len(problem.group))):
        return False
    own = bool(np.all(problem.group[taken] == placed))
    return own and bool(np.all(load_of(problem, choice) <= problem.capacity * (1 + TOLERANCE)))
