# SPDX-License-Identifier: Apache-2.0
"""A bin's tenants change places with those who want in, several at once, and only where everybody finds room."""

import numpy as np

from aiworkload.placement.assignment.layout import layout_of
from aiworkload.placement.assignment.moves import stand_of
from aiworkload.placement.assignment.problem import Problem
from aiworkload.placement.assignment.repack import repacked
from tests.unit.placement.assignment.conftest import problem


def crowd(elsewhere: float) -> Problem:
    """Two small ones fill bin 0, where a big one gains 50; either could go to bin 1, which holds as much as said."""
    return problem(
        [(0, 0, 1.0, [1.0]), (0, 1, 2.0, [1.0]), (1, 0, 1.0, [1.0]), (1, 1, 2.0, [1.0]), (2, 0, 0.0, [2.0])],
        [[2.0], [elsewhere]],
        [99.0, 99.0, 50.0],
    )


def after(the: Problem) -> list[int]:
    """The bins of the three, when both small ones stand in bin 0; 2 is outside."""
    layout = layout_of(the)
    first = np.array([0, 3, 7])
    begin = stand_of(layout, first)
    end = repacked(layout, begin, np.arange(len(layout.group)), np.ones(layout.scale.shape))
    return layout.bin[end.chosen].tolist()


def test_two_leave_for_one_that_gains_more() -> None:
    assert after(crowd(2.0)) == [1, 1, 0]


def test_nobody_moves_when_the_way_out_holds_only_one_of_them() -> None:
    assert after(crowd(1.0)) == [0, 0, 2]
