# SPDX-License-Identifier: Apache-2.0
"""Points that are reckoned for a whole stratum of like sites are those that each site would get by itself."""

from random import Random

import numpy as np
import pytest
from hypothesis import given

from aiworkload.placement.block import Block
from aiworkload.placement.keeping import best_of
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.placement.rows import Rows
from aiworkload.placement.strata import mean_points, points_anywhere, rounded_factors
from tests.unit.placement.worlds import DICE, a_world, examples


@examples(60)
@given(DICE)
def test_every_cell_has_the_points_that_it_would_have_alone(dice: Random) -> None:
    reckoning, _, reserved = Reckoning.of(a_world(dice, most=12), Policy())
    needs = list(reckoning.needs.values())
    if not needs or not len(reckoning.columns.geography):
        return
    rows = Rows.of([(one, variant) for one in needs for variant in one.variants], reckoning.columns.resources)
    grid = Block(rows, reckoning.columns, reckoning.situation(reserved))
    cheapest = np.array([dice.random() for _ in rows.needs])
    pairs = grid.at(np.ones(grid.shape, np.bool_))
    pairs.cheapest = cheapest[pairs.r]
    alone = mean_points(pairs, rounded_factors(pairs)).reshape(grid.shape)
    asked = np.array([number for number in range(len(rows.needs)) if number == 0 or dice.random() < 0.7])
    assert np.array_equal(points_anywhere(grid, asked, cheapest), alone[asked])


@examples(60)
@given(DICE)
def test_the_best_of_each_kind_and_the_roomiest_are_kept_and_what_stands(dice: Random) -> None:
    kinds = [[dice.choice(["passed", "other", "none"]) for _ in range(30)] for _ in range(4)]
    passed, others = (np.array([[kind == name for kind in row] for row in kinds]) for name in ("passed", "other"))
    points = np.array([[dice.randint(0, 100) for _ in row] for row in kinds], np.uint8)
    always = (passed | others) & np.array([[dice.random() < 0.05 for _ in row] for row in kinds])
    rank = np.array(dice.sample(range(30), 30))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("aiworkload.placement.keeping.KEPT", 4)
        patched.setattr("aiworkload.placement.keeping.ROOMIEST", 3)
        chosen, floors = best_of(points, passed, others, always, rank)
    for g in range(4):
        order = sorted(range(30), key=lambda n: (-int(points[g, n]), n))
        best = [n for n in order if passed[g, n]][:4] + [n for n in order if others[g, n]][:4]
        candidates = [n for n in range(30) if passed[g, n] or others[g, n]]
        roomy = sorted(candidates, key=lambda n: (not passed[g, n], rank[n]))[:3]
        kept = {*best, *roomy, *np.flatnonzero(always[g]).tolist()}
        assert set(np.flatnonzero(chosen[g]).tolist()) == kept
        assert floors[g] == max((int(points[g, n]) for n in candidates if n not in kept), default=-1)
