# SPDX-License-Identifier: Apache-2.0
"""Small assignments: written by hand, drawn by Hypothesis, and solved by trying everything."""

from itertools import product

import numpy as np
import pytest
from hypothesis import strategies as st

from aiworkload.placement.assignment.problem import UNPLACED, Problem, is_feasible, objective_of


def problem(
    options: list[tuple[int, int, float, list[float]]],
    capacity: list[list[float]],
    unplaced: list[float],
    floor: list[float] | None = None,
) -> Problem:
    """From (group, bin, cost, usage) rows, in any order."""
    rows = sorted(options, key=lambda row: row[0])
    return Problem(
        group=np.array([row[0] for row in rows], dtype=np.int64),
        bin=np.array([row[1] for row in rows], dtype=np.int64),
        cost=np.array([row[2] for row in rows], dtype=float),
        usage=np.array([row[3] for row in rows], dtype=float).reshape(len(rows), len(capacity[0])),
        capacity=np.array(capacity, dtype=float),
        unplaced_cost=np.array(unplaced, dtype=float),
        floor_cost=None if floor is None else np.array(floor, dtype=float),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Up to 5 groups, 3 bins and 2 dimensions; whole numbers, so that ties and exact fits happen."""
    groups, bins, dimensions = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    whole = st.integers(0, 6)
    options = [
        (group, at, float(draw(st.integers(0, 20))), [float(draw(whole)) for _ in range(dimensions)])
        for group in range(groups)
        for at in range(bins)
        for _ in range(draw(st.integers(0, 2)))
    ]
    capacity = [[float(draw(st.integers(0, 10))) for _ in range(dimensions)] for _ in range(bins)]
    unplaced = [draw(st.sampled_from([25.0, 60.0, np.inf])) for _ in range(groups)]
    return problem(options, capacity, unplaced)


def optimum(the: Problem) -> float:
    """The least objective of all feasible choices, by trying every one."""
    ways = [[UNPLACED, *np.flatnonzero(the.group == group).tolist()] for group in range(the.groups)]
    choices = (np.array(way, dtype=np.int64) for way in product(*ways))
    return min(objective_of(the, choice) for choice in choices if is_feasible(the, choice))


@pytest.fixture
def crowded() -> Problem:
    """40 groups that all like the first of 8 bins best, which holds four of them; two dimensions, two variants."""
    dice = np.random.default_rng(7)
    rows = [
        (group, at, float(10 * at + dice.integers(1, 9)), [float(dice.integers(1, 4)), float(dice.integers(0, 3))])
        for group in range(40)
        for at in range(8)
        for _ in range(2)
    ]
    return problem(rows, [[10.0, 8.0]] * 8, [500.0] * 40)
