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
    Flags,
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

NEAR: Final = 16
"""How many options of a group are looked at for the choice: those of least reduced cost. Chosen by experiment."""
NEAR_EASY: Final = 3
"""And how many where room is easy to find, the way out when all others are full. Chosen by experiment."""
LARGE: Final = 0.02
"""A bin of which an option takes no more than this on average is large: a cloud region. Ours."""
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
    begins = [_constructed(layout, point.prices)]
    if standing is not None:
        begins.append(_options_of(layout, standing))
    options = _near(layout, point.prices, begins)
    near = layout.only(options)
    chosen = _searched(near, point, budget, [np.searchsorted(options, begin) for begin in begins])
    choice = near.source[chosen]
    return Solution(
        choice=choice,
        objective=objective_of(problem, choice),
        bound=point.bound,
        prices=unscaled(layout, point.prices),
    )


def _constructed(layout: Layout, prices: Floats) -> Integers:
    """(G,) a choice from the prices alone, with every option there is."""
    room = np.ones(layout.scale.shape)
    room[-1] = np.inf
    return constructed(layout, layout.reduced(layout.cost, prices), room, np.ones(len(layout.first), dtype=bool))


def _searched(layout: Layout, point: DualPoint, budget: Budget, begins: list[Integers]) -> Integers:
    """The best choice found from any of these."""
    desire = layout.reduced(layout.cost, point.prices)
    near = np.arange(len(desire))
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


def _near(layout: Layout, prices: Floats, begins: list[Integers]) -> Integers:
    """The options worth looking at: each group's best, its best where room is easy to find, its outside one, begins."""
    desire = layout.reduced(layout.cost, prices)
    near = layout.source == UNPLACED
    near[np.concatenate(begins)] = True
    near[_best_few(layout, desire, np.arange(len(desire)), NEAR)] = True
    near[_best_few(layout, desire, np.flatnonzero(_easy(layout, prices)[layout.bin]), NEAR_EASY)] = True
    return np.flatnonzero(near)


def _easy(layout: Layout, prices: Floats) -> Flags:
    """(B + 1,) bins that nobody competes for, and those so large that one more always finds a price to enter at."""
    bins = len(layout.scale)
    offers = np.maximum(1, np.bincount(layout.bin, minlength=bins))
    share = np.bincount(layout.bin, layout.usage.max(axis=1), bins) / offers
    easy: Flags = ~np.any(prices > 0, axis=1) | (share <= LARGE)
    return easy


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
