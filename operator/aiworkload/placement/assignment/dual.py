# SPDX-License-Identifier: Apache-2.0
"""Prices of the bins' resources, and the bound that they certify.

Relax the capacities: with a price on every resource of every bin each group takes its cheapest option alone, and what
that costs less the value of all capacity is a lower bound of every feasible choice's cost (Geoffrion 1974; Fisher,
Management Science 1981). Better prices give a better bound; its maximum is the linear relaxation's optimum. The
prices climb along the subgradient, load less capacity. Plain subgradient steps need one step size for all; bins here
differ by orders of magnitude, so each price has its own, from the running mean and variance of its own subgradient
(Adam: Kingma and Ba 2015), falling to nothing over the steps. On 200 x 2,000 it came to 0.01 % of the optimum in 150
steps, Polyak's to 2.3 %.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from aiworkload.placement.assignment.layout import Layout, first_of_each, possible
from aiworkload.placement.assignment.problem import Floats, Integers, Problem

MEAN_DECAY: Final = 0.8
VARIANCE_DECAY: Final = 0.9
"""How long a price remembers its subgradients: 5 and 10 steps. Chosen by experiment."""
BOLDNESS: Final = 0.1
"""The first step, as a share of what displacing everybody from a bin would cost. Chosen by experiment."""
WARM_BOLDNESS: Final = 0.01
"""The same when prices are given: they are near."""
LAST_STEP: Final = 0.001
"""The last step as a share of the first."""
_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class DualPoint:
    """Prices of whole bins, (B + 1, D), and the bound they certify."""

    prices: Floats
    bound: float


def relaxed_minima(problem: Problem, prices: Floats) -> Floats:
    """(G,) what each group would pay at these prices, (B, D): its part of the bound, for callers that go in parts.

    The bound is their sum less the value of all capacity, `(prices * capacity).sum()`.
    """
    least = problem.floor.copy()
    reduced = problem.cost + np.einsum("pd,pd->p", prices[problem.bin], problem.usage)
    fitting = possible(problem)
    np.minimum.at(least, problem.group[fitting], reduced[fitting])
    return least


def bound_of(problem: Problem, prices: Floats) -> float:
    """No feasible choice costs less than this, at any prices of at least 0; cheap, to certify a standing choice."""
    return float(relaxed_minima(problem, prices).sum() - (prices * problem.capacity).sum())


def ascend(layout: Layout, steps: int, prices: Floats | None = None) -> DualPoint:
    """Climb from these prices of whole bins (from nothing when not given) and return the best point seen."""
    current = np.zeros(layout.scale.shape) if prices is None else prices
    stride = _stride(layout) * (BOLDNESS if prices is None else WARM_BOLDNESS)
    mean, variance = np.zeros_like(current), np.zeros_like(current)
    best = DualPoint(current, -np.inf)
    for step in range(steps + 1):
        reduced = layout.reduced(layout.relaxed_cost, current)
        least = layout.minima(reduced)
        bound = float(least.sum() - current.sum())
        if bound > best.bound:
            best = DualPoint(current, bound)
        slope = layout.load(_takers(layout, reduced, least)) - 1.0
        mean = MEAN_DECAY * mean + (1 - MEAN_DECAY) * slope
        variance = VARIANCE_DECAY * variance + (1 - VARIANCE_DECAY) * slope**2
        unbiased = mean / (1 - MEAN_DECAY ** (step + 1))
        spread = np.sqrt(variance / (1 - VARIANCE_DECAY ** (step + 1)))
        left = (1 - step / max(1, steps)) ** 2 + LAST_STEP
        current = np.maximum(0.0, current + stride * left * unbiased / (spread + _TINY))
        current[-1] = 0.0
    return best


def _takers(layout: Layout, reduced: Floats, least: Floats) -> Integers:
    """(G,) each group's first cheapest option."""
    hits = np.flatnonzero(reduced <= least[layout.group])
    return hits[first_of_each(layout.group[hits])]


def _stride(layout: Layout) -> Floats:
    """(B + 1, D) about what a whole bin is worth: a group's mean loss off its best, times how many fill the bin."""
    bins, dimensions = layout.scale.shape
    offers = np.maximum(1, np.bincount(layout.bin, minlength=bins))
    share = np.stack([np.bincount(layout.bin, layout.usage[:, d], bins) / offers for d in range(dimensions)], axis=1)
    listed = np.isfinite(layout.relaxed_cost) & (layout.source >= 0)
    known = np.where(listed, layout.relaxed_cost, 0.0)
    counts = np.maximum(1, np.add.reduceat(listed, layout.first))
    least = np.minimum(layout.minima(layout.relaxed_cost), known.max(initial=0.0))
    loss = float(np.mean(np.maximum(0.0, np.add.reduceat(known, layout.first) / counts - least)))
    worth = (loss + _TINY) / np.where(share > 0, share, np.inf)
    typical = np.median(worth[worth > 0]) if np.any(worth > 0) else 0.0
    return np.minimum(worth, 10 * typical)


def scaled(layout: Layout, prices: Floats) -> Floats:
    """Prices of one unit, (B, D), as prices of whole bins, (B + 1, D)."""
    return np.vstack([np.maximum(0.0, prices), np.zeros(prices.shape[1])]) * layout.scale


def unscaled(layout: Layout, prices: Floats) -> Floats:
    """Prices of whole bins, (B + 1, D), as prices of one unit, (B, D)."""
    return (prices / layout.scale)[:-1]
