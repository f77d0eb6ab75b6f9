# SPDX-License-Identifier: Apache-2.0
"""Every candidate of one workload, in full: what a status has no room for, and a decision no time."""

import numpy as np

from aiworkload.placement.advice import Advice
from aiworkload.placement.candidates import Board, Field
from aiworkload.placement.catalogue import REASONS, ROOM, SCORERS
from aiworkload.placement.columns import Columns
from aiworkload.placement.context import ask
from aiworkload.placement.layers import Situation
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import Candidate
from aiworkload.placement.policy import Policy
from aiworkload.placement.reckoning import Reckoning
from aiworkload.placement.scoring import FEASIBLE, Scored, factors_of, weighted_mean, whole
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey


def examine(
    snapshot: Snapshot, policy: Policy, key: WorkloadKey, advice: Advice | None = None
) -> tuple[Candidate, ...]:
    """Each site with each variant, best first, then refused ones by name; as if nobody else were new.

    Raises:
        KeyError: the snapshot has no such workload, or it is being deleted.
    """
    reckoning, world, reserved = Reckoning.of(snapshot, policy)
    needs, situation = reckoning.needs[key], reckoning.situation(reserved)
    board = Board(reckoning.columns, situation, advice)
    asking = ask(world, needs, reserved.get(key, {}))
    return Field(asking, _all(needs, reckoning.columns, situation), board).everything()


def _all(needs: Needs, columns: Columns, situation: Situation) -> Scored:
    """As `scoring.scored`, with nothing left out."""
    grid, reasons, cheapest = whole(needs, columns, situation)
    cramped = REASONS.index(ROOM.REASON) + 1
    pairs = grid.at((reasons == FEASIBLE) | (reasons == cramped) | grid.stands)
    pairs.cheapest[:] = cheapest
    factors = factors_of(pairs)
    weights = np.array([[needs.weights[scorer.NAME] for scorer in SCORERS]], np.int32)
    counts = np.bincount(reasons.ravel(), minlength=len(REASONS) + 1)[1:]
    return Scored(
        columns=pairs.c.astype(np.int32),
        variants=pairs.r.astype(np.int32),
        reasons=reasons[pairs.r, pairs.c],
        points=weighted_mean(factors, np.broadcast_to(weights, factors.shape)),
        factors=factors.astype(np.uint8),
        floor=-1,
        refused=tuple(int(count) for count in counts),
    )
