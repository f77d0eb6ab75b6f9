# SPDX-License-Identifier: Apache-2.0
"""Two choices are merged part by part, and whole where a part's room turns out to be shared."""

import numpy as np

from aiworkload.placement.assignment.layout import layout_of
from aiworkload.placement.assignment.problem import Problem
from aiworkload.placement.assignment.renew import merged
from tests.unit.placement.assignment.conftest import problem

PAIRS = problem(
    [(g, b, cost, [1.0]) for g, b, cost in [(0, 0, 5.0), (0, 1, 1.0), (1, 2, 1.0), (1, 3, 5.0)]], [[1.0]] * 4, [9.0] * 2
)
SHARED = problem(
    [(0, 0, 5.0, [1.0]), (0, 1, 4.0, [1.0]), (1, 2, 1.0, [1.0]), (1, 1, 2.0, [1.0])], [[1.0]] * 3, [9.0] * 2
)


def options(the: Problem, *bins: int) -> np.ndarray:
    """The layout's option of each group in that bin."""
    layout = layout_of(the)
    return np.array([np.flatnonzero((layout.group == g) & (layout.bin == b))[0] for g, b in enumerate(bins)])


def test_the_better_part_is_taken_and_the_worse_is_not() -> None:
    best = merged(layout_of(PAIRS), options(PAIRS, 0, 2), options(PAIRS, 1, 3), np.zeros(5, dtype=bool))
    assert best.tolist() == options(PAIRS, 1, 2).tolist()


def test_parts_that_share_a_bin_called_roomy_fall_back_to_the_better_whole() -> None:
    """Group 1 stands in bin 1 and group 0 would come: alone each is fine, together they are too many."""
    roomy = np.array([False, True, False, True])
    stands, comes = options(SHARED, 0, 1), options(SHARED, 1, 2)
    assert merged(layout_of(SHARED), stands, comes, roomy).tolist() == comes.tolist()
    dear = problem(
        [(0, 0, 5.0, [1.0]), (0, 1, 4.0, [1.0]), (1, 2, 9.0, [1.0]), (1, 1, 2.0, [1.0])], [[1.0]] * 3, [99.0] * 2
    )
    assert merged(layout_of(dear), stands, comes, roomy).tolist() == stands.tolist()
