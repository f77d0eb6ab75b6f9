# SPDX-License-Identifier: Apache-2.0
"""However workloads are put together for scoring, and whichever way room is reckoned, each gets what it gets alone."""

from collections.abc import Mapping
from dataclasses import fields
from math import inf
from random import Random

import numpy as np
import pytest
from hypothesis import given

from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.placement.scoring import Scored, scored
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from tests.unit.placement.worlds import DICE, a_world, examples

DENSE, FEW, PICKING = (
    "aiworkload.placement.scoring._DENSE",
    "aiworkload.placement.scoring._FEW",
    "aiworkload.placement.fitting._PICKING",
)


@examples(40)
@given(DICE)
def test_a_workload_scores_alone_what_it_scores_among_others(dice: Random) -> None:
    reckoning, _, reserved = Reckoning.of(a_world(dice, most=12), Policy())
    situation = reckoning.situation(reserved)
    for key, needs in reckoning.needs.items():
        [(_, alone)] = scored([needs], reckoning.columns, situation)
        assert same(alone, reckoning.scored[key])


@examples(40)
@given(DICE)
def test_room_is_the_same_of_all_nodes_at_once_as_of_picked_ones(dice: Random) -> None:
    world = a_world(dice, most=12)
    at_once, picked = reckoned(world, share=0.0, few=1), reckoned(world, share=inf, few=1)
    assert all(same(at_once[key], picked[key]) for key in at_once)


def reckoned(world: Snapshot, *, share: float, few: int) -> Mapping[WorkloadKey, Scored]:
    """What is found when rows that ask at that share of all sites, and of so many at least, are asked of all nodes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(DENSE, share)
        patched.setattr(FEW, few)
        patched.setattr(PICKING, 0 if share else inf)
        return Reckoning.of(world, Policy())[0].scored


def same(one: Scored, other: Scored) -> bool:
    """Whether two results agree in every field."""
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Scored))
