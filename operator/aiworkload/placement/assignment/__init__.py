# SPDX-License-Identifier: Apache-2.0
"""Many workloads, shared capacity: one joint choice, near the optimum and certified by a bound of its own."""

from aiworkload.placement.assignment.dual import bound_of, relaxed_minima
from aiworkload.placement.assignment.problem import (
    UNPLACED,
    Budget,
    Problem,
    Solution,
    Start,
    is_feasible,
    objective_of,
)
from aiworkload.placement.assignment.solve import solve

__all__ = [
    "UNPLACED",
    "Budget",
    "Problem",
    "Solution",
    "Start",
    "bound_of",
    "is_feasible",
    "objective_of",
    "relaxed_minima",
    "solve",
]
