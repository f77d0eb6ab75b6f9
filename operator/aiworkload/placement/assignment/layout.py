# SPDX-License-Identifier: Apache-2.0
"""A problem in the shape that the search works on: only what can fit, capacities of 1, no group without option.

Each group has one more option, the **outside** one: not to be placed at all, or (in the bound only) to take something
that was left out of the list. It uses nothing, so every choice is an option's index and no step needs a case of its
own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from aiworkload.placement.assignment.problem import UNPLACED, Flags, Floats, Integers, Problem

SLACK: Final = 1e-10
"""How far beyond full, as a share of the capacity, still counts as fitting: rounding of sums. A tenth of
`problem.TOLERANCE`, so that what fits here is feasible there."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """N options, the outside ones among them, sorted by group, then bin, then cost; usage as a share of the capacity.

    Attributes:
        group: (N,) each option's group.
        bin: (N,) its bin; the outside options stand in the last one, which is nobody's and never full.
        cost: (N,) what it costs in the primal; a large number instead of inf, so that fewest stay unplaced.
        relaxed_cost: (N,) what it costs in the bound.
        usage: (N, D) as a share of its bin's capacity, at most 1. A dimension's column lies together in memory, for
            what is done often goes column by column: half the time.
        source: (N,) its index in the problem, UNPLACED for the outside ones.
        first: (G,) where each group's options begin.
        scale: (B + 1, D) what divides a capacity into 1.
    """

    group: Integers
    bin: Integers
    cost: Floats
    relaxed_cost: Floats
    usage: Floats
    source: Integers
    first: Integers
    scale: Floats

    def minima(self, values: Floats) -> Floats:
        """(G,) each group's least value."""
        least: Floats = np.minimum.reduceat(values, self.first)
        return least

    def reduced(self, cost: Floats, prices: Floats) -> Floats:
        """(N,) the cost with what the option takes at these prices of whole bins, (B + 1, D)."""
        total: Floats = cost.copy()
        for price, taken in zip(prices.T.copy(), self.usage.T, strict=True):
            total += price[self.bin] * taken
        return total

    def load(self, chosen: Integers) -> Floats:
        """(B + 1, D) what these options take of each bin."""
        return self._summed(self.bin[chosen], self.usage[chosen].T)

    def spread_load(self, shares: Floats) -> Floats:
        """(B + 1, D) what is taken of each bin when every option is taken by its share, (N,)."""
        return self._summed(self.bin, self.usage.T * shares)

    def only(self, options: Integers) -> "Layout":
        """The same with these options alone, ascending, every group's outside one among them."""
        group = self.group[options]
        return Layout(
            group=group,
            bin=self.bin[options],
            cost=self.cost[options],
            relaxed_cost=self.relaxed_cost[options],
            usage=np.asfortranarray(self.usage[options]),
            source=self.source[options],
            first=np.searchsorted(group, np.arange(len(self.first))),
            scale=self.scale,
        )

    def _summed(self, at: Integers, taken: Floats) -> Floats:
        bins = len(self.scale)
        columns: list[Floats] = [np.bincount(at, column, bins).astype(float) for column in taken]
        return np.stack(columns, axis=1)


def possible(problem: Problem) -> Flags:
    """(P,) whether each option fits into its bin at all, alone."""
    return every(problem.usage <= problem.capacity[problem.bin] * (1 + SLACK))


def layout_of(problem: Problem) -> Layout:
    """Lay a problem out."""
    groups, (bins, dimensions) = problem.groups, problem.capacity.shape
    fitting = np.flatnonzero(possible(problem))
    scale = np.vstack([np.where(problem.capacity > 0, problem.capacity, 1.0), np.ones(dimensions)])
    group = np.concatenate([problem.group[fitting], np.arange(groups)])
    at = np.concatenate([problem.bin[fitting], np.full(groups, bins)])
    cost = np.concatenate([problem.cost[fitting], problem.unplaced_cost])
    order = np.lexsort((cost, at, group))
    usage = np.concatenate([problem.usage[fitting] / scale[problem.bin[fitting]], np.zeros((groups, dimensions))])
    relaxed = np.concatenate([problem.cost[fitting], problem.floor])
    return Layout(
        group=group[order],
        bin=at[order],
        cost=_finite(cost[order]),
        relaxed_cost=relaxed[order],
        usage=np.asfortranarray(usage[order]),
        source=np.concatenate([fitting, np.full(groups, UNPLACED)])[order],
        first=np.searchsorted(group[order], np.arange(groups)),
        scale=scale,
    )


def _finite(cost: Floats) -> Floats:
    """Inf replaced by more than everything else together, so that the fewest groups pay it."""
    known = np.isfinite(cost)
    return np.where(known, cost, 1.0 + cost[known].sum())


def first_of_each(values: Integers) -> Flags:
    """Of ascending values, where each begins."""
    begins = np.ones(len(values), dtype=bool)
    begins[1:] = values[1:] != values[:-1]
    return begins


def every(matrix: Flags) -> Flags:
    """Of each row, whether all are true. Column by column: over a few, several times faster than `np.all`."""
    result = np.ones(len(matrix), dtype=bool)
    for column in matrix.T:
        result &= column
    return result
