# SPDX-License-Identifier: Apache-2.0
"""The joint assignment, solved: prices and their bound, a choice built from them, and local search."""

import numpy as np

from aiworkload.placement.assignment.construct import constructed
from aiworkload.placement.assignment.dual import DualPoint, ascend, scaled, unscaled
from aiworkload.placement.assignment.layout import Layout, layout_of
from aiworkload.placement.assignment.problem import (
    UNPLACED,
    Budget,
    Integers,
    Problem,
    Solution,
    Start,
    is_feasible,
    objective_of,
)
from aiworkload.placement.assignment.search import improved


def solve(problem: Problem, budget: Budget | None = None, start: Start | None = None) -> Solution:
    """Choose one option a group at little cost within every bin's capacity, and certify how little is possible.

    The same problem, budget and start have the same answer, bit for bit; no clock is read. With a start, its prices are
    where the dual begins, and the answer is never worse than its choice where that is feasible.
    """
    budget = budget or Budget()
    start = start or Start()
    layout = layout_of(problem)
    prices = None if start.prices is None else scaled(layout, start.prices)
    point = ascend(layout, budget.dual_steps, prices)
    chosen = _searched(layout, point, budget)
    choice = layout.source[chosen]
    if start.choice is not None and is_feasible(problem, start.choice):
        choice = min((choice, start.choice), key=lambda it: objective_of(problem, it))
    return Solution(
        choice=choice,
        objective=objective_of(problem, choice),
        bound=point.bound,
        prices=unscaled(layout, point.prices),
        iterations=point.steps,
    )


def _searched(layout: Layout, point: DualPoint, budget: Budget) -> Integers:
    room = np.ones(layout.scale.shape)
    room[-1] = np.inf
    desire = layout.reduced(layout.cost, point.prices)
    chosen = constructed(layout, desire, room, np.ones(len(layout.first), dtype=bool))
    return improved(layout, layout.cost, chosen, np.arange(len(layout.group)), budget.rounds)
