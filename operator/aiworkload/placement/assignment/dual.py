# SPDX-License-Identifier: Apache-2.0
"""Prices of the bins' resources, and the bound that they certify.

Relax the capacities: with a price on every resource of every bin each group takes its cheapest option alone, and what
that costs less the value of all capacity is a lower bound of every feasible choice's cost (Geoffrion 1974; Fisher,
Management Science 1981). Better prices give a better bound; its maximum is the linear relaxation's optimum. The
prices climb along the subgradient, load less capacity.

Two things make that slow: a group jumps from one option to another at the least change, and bins differ by orders of
magnitude. So the load is that of groups which spread over their options by softmin, the cheaper the more, ever more
sharply (smoothing: Nesterov 2005), while the bound is always that of the sharp minimum. And each price has its own step
size, from the running mean and variance of its own slope (Adam: Kingma and Ba 2015), falling to nothing over the
steps. On the landscapes of benchmarks/instances.py, 60 % full, 100 steps come to 0.2 % (200 x 2,000) and 0.1 % (5,000 x
10,000) of the linear relaxation's optimum; with sharp loads it was 7 % and 3 %.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from aiworkload.placement.assignment.layout import Layout, possible
from aiworkload.placement.assignment.problem import Floats, Problem

MEAN_DECAY: Final = 0.8
VARIANCE_DECAY: Final = 0.9
"""How long a price remembers its subgradients: 5 and 10 steps. Chosen by experiment."""
BOLDNESS: Final = 1.0
"""The first step, as a share of what displacing everybody from a bin would cost. Chosen by experiment."""
WARM_BOLDNESS: Final = 0.01
"""The same when prices are given: they are near."""
SMOOTHNESS: Final = 0.5
"""The softmin's first temperature, as a share of a group's mean loss off its best; it falls with the step, and a warm
start begins where a cold one is when its steps are as small. Chosen by experiment."""
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
    boldness = BOLDNESS if prices is None else WARM_BOLDNESS
    loss = _typical_loss(layout)
    stride, warmth = _stride(layout, loss) * boldness, loss * SMOOTHNESS * boldness
    mean, variance = np.zeros_like(current), np.zeros_like(current)
    best = DualPoint(current, -np.inf)
    for step in range(steps + 1):
        reduced = layout.reduced(layout.relaxed_cost, current)
        least = layout.minima(reduced)
        bound = float(least.sum() - current.sum())
        if bound > best.bound:
            best = DualPoint(current, bound)
        left = (1 - step / max(1, steps)) ** 2 + LAST_STEP
        slope = layout.spread_load(_shares(layout, reduced, least, warmth * left + _TINY)) - 1.0
        mean = MEAN_DECAY * mean + (1 - MEAN_DECAY) * slope
        variance = VARIANCE_DECAY * variance + (1 - VARIANCE_DECAY) * slope**2
        unbiased = mean / (1 - MEAN_DECAY ** (step + 1))
        spread = np.sqrt(variance / (1 - VARIANCE_DECAY ** (step + 1)))
        current = np.maximum(0.0, current + stride * left * unbiased / (spread + _TINY))
        current[-1] = 0.0
    return best


def _shares(layout: Layout, reduced: Floats, least: Floats, warmth: float) -> Floats:
    """(N,) how much of its group each option has: softmin; an outside option that costs inf has nothing."""
    reference = np.where(np.isfinite(least), least, 0.0)[layout.group]
    shares: Floats = np.exp((reference - reduced) / warmth)
    total = np.add.reduceat(shares, layout.first)
    shares /= np.where(total > 0, total, 1.0)[layout.group]
    return shares


def _typical_loss(layout: Layout) -> float:
    """What a group loses on average with any of its options instead of its cheapest."""
    listed = np.isfinite(layout.relaxed_cost) & (layout.source >= 0)
    known = np.where(listed, layout.relaxed_cost, 0.0)
    counts = np.maximum(1, np.add.reduceat(listed, layout.first))
    least = np.minimum(layout.minima(layout.relaxed_cost), known.max(initial=0.0))
    return float(np.mean(np.maximum(0.0, np.add.reduceat(known, layout.first) / counts - least))) + _TINY


def _stride(layout: Layout, loss: float) -> Floats:
    """(B + 1, D) about what a whole bin is worth: what a group loses, times how many fill the bin."""
    bins, dimensions = layout.scale.shape
    offers = np.maximum(1, np.bincount(layout.bin, minlength=bins))
    share = np.stack([np.bincount(layout.bin, layout.usage[:, d], bins) / offers for d in range(dimensions)], axis=1)
    worth = loss / np.where(share > 0, share, np.inf)
    typical = np.median(worth[worth > 0]) if np.any(worth > 0) else 0.0
    return np.minimum(worth, 10 * typical)


def scaled(layout: Layout, prices: Floats) -> Floats:
    """Prices of one unit, (B, D), as prices of whole bins, (B + 1, D)."""
    return np.vstack([np.maximum(0.0, prices), np.zeros(prices.shape[1])]) * layout.scale


def unscaled(layout: Layout, prices: Floats) -> Floats:
    """Prices of whole bins, (B + 1, D), as prices of one unit, (B, D)."""
    return (prices / layout.scale)[:-1]
