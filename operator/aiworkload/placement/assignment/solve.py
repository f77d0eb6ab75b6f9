# SPDX-License-Identifier: Apache-2.0
"""The joint assignment, solved: prices and their bound, a choice built from them, and local search around it."""

from typing import Final

import numpy as np

from aiworkload.placement.assignment.construct import constructed
from aiworkload.placement.assignment.dual import DualPoint, ascend, scaled, unscaled
from aiworkload.placement.assignment.layout import Layout, first_of_each, layout_of
from aiworkload.placement.assignment.problem import (
    UNPLACED,
    Budget,
    Floats,
    Integers,
    Problem,
    Solution,
    Start,
    gap_between,
    is_feasible,
    objective_of,
)
from aiworkload.placement.assignment.renew import merged, renewed
from aiworkload.placement.assignment.search import improved

NEAR: Final = 10
"""How many options of a group the local search looks at: those of least reduced cost. Chosen by experiment."""
NEAR_UNPRICED: Final = 2
"""And how many in bins that nobody competes for, the way out when all others are full. Chosen by experiment."""
ROOMY: Final = 0.3
"""A bin with at least this share free in every resource, and no price, is one that parts need not share. Ours."""


def solve(problem: Problem, budget: Budget | None = None, start: Start | None = None) -> Solution:
    """Choose one option a group at little cost within every bin's capacity, and certify how little is possible.

    The same problem, budget and start have the same answer, bit for bit; no clock is read. With a start, its prices are
    where the dual begins, and the answer is never worse than its choice where that is feasible.
    """
    budget = budget or Budget()
    start = start or Start()
    if not problem.groups:
        return Solution(np.zeros(0, dtype=np.int64), 0.0, 0.0, np.zeros(problem.capacity.shape))
    layout = layout_of(problem)
    point = ascend(layout, budget.dual_steps, None if start.prices is None else scaled(layout, start.prices))
    standing = start.choice if start.choice is not None and is_feasible(problem, start.choice) else None
    chosen = _searched(layout, point, budget, None if standing is None else _options_of(layout, standing))
    choice = layout.source[chosen]
    return Solution(
        choice=choice,
        objective=objective_of(problem, choice),
        bound=point.bound,
        prices=unscaled(layout, point.prices),
    )


def _searched(layout: Layout, point: DualPoint, budget: Budget, standing: Integers | None) -> Integers:
    """The best choice found: from the prices, or from the one that stands if the search ends better there."""
    desire = layout.reduced(layout.cost, point.prices)
    near = _near(layout, desire, point.prices)
    room = np.ones(layout.scale.shape)
    room[-1] = np.inf
    everybody = np.ones(len(layout.first), dtype=bool)
    begins = [constructed(layout, desire, room, everybody)] + ([] if standing is None else [standing])
    ends = [improved(layout, point.prices, begin, near, budget.rounds) for begin in begins]
    best = min(ends, key=lambda it: float(layout.cost[it].sum()))
    for turn in range(budget.searches):
        if gap_between(float(layout.cost[best].sum()), point.bound) <= budget.enough_gap:
            break
        other = renewed(layout, best, desire, near, turn)
        other = improved(layout, point.prices, other, near, budget.rounds)
        free = np.min(1.0 - layout.load(best), axis=1) >= ROOMY
        best = merged(layout, best, other, free & ~np.any(point.prices > 0, axis=1))
    return best


def _near(layout: Layout, desire: Floats, prices: Floats) -> Integers:
    """The options worth looking at: each group's best at these prices, its best that ask no price, its outside one."""
    unpriced = ~np.any(prices > 0, axis=1)
    near = layout.source == UNPLACED
    near[_best_few(layout, desire, np.arange(len(desire)), NEAR)] = True
    near[_best_few(layout, desire, np.flatnonzero(unpriced[layout.bin]), NEAR_UNPRICED)] = True
    return np.flatnonzero(near)


def _best_few(layout: Layout, desire: Floats, options: Integers, count: int) -> Integers:
    """Of these options so many of each group, those of least desire."""
    ordered = options[np.lexsort((desire[options], layout.group[options]))]
    starts = np.flatnonzero(first_of_each(layout.group[ordered]))
    rank = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    return ordered[rank < count]


def _options_of(layout: Layout, choice: Integers) -> Integers:
    """A choice of the problem as options of the layout."""
    groups = len(layout.first)
    outside = np.flatnonzero(layout.source == UNPLACED)
    place = np.zeros(int(layout.source.max(initial=0)) + 1, dtype=np.int64)
    place[layout.source[layout.source >= 0]] = np.flatnonzero(layout.source >= 0)
    return np.where(choice == UNPLACED, outside[np.arange(groups)], place[np.maximum(choice, 0)])
