# SPDX-License-Identifier: Apache-2.0
"""What would have to change for another candidate to win, or for a refused one to fit: conditions that are true.

Each threshold is searched by asking the production filters and scorers (`what_if`), many values in one pass, and is
judged once more as it is told, rounded. It is true of this workload by itself: what other workloads would do then is
not in it, nor is what holds a move back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.candidates import Board, Field
from aiworkload.placement.catalogue import REASONS, ROOM, SCORERS
from aiworkload.placement.columns import Bools
from aiworkload.placement.context import Asking
from aiworkload.placement.lazily import Lazily
from aiworkload.placement.levers import (
    Lever,
    Spot,
    ceiling_lever,
    path_levers,
    price_lever,
    requirement_levers,
    room_levers,
    slower_levers,
    width_levers,
)
from aiworkload.placement.plan import Candidate, RejectReason
from aiworkload.placement.scoring import FEASIBLE, factors_of, weighted_mean, whole
from aiworkload.placement.what_if import Trials
from aiworkload.snapshot.workload import Assignment

TOLD: Final = 5
"""Conditions told at most; the CRD's bound."""

_VALUES: Final = 17
"""Values of one lever that are judged in one pass."""

_PASSES: Final = 3
"""Each pass narrows the span by `_VALUES` - 1: after three a threshold is known to a 4096th of how far it may go."""

_HEAVIEST: Final = 100
"""The largest weight that the API takes."""

_MENDABLE: Final = (
    RejectReason.INSUFFICIENT_RESOURCES,
    RejectReason.LATENCY_UNREACHABLE,
    RejectReason.NO_BANDWIDTH,
    RejectReason.BUDGET_EXCEEDED,
)
"""Refusals that a number may end, the likeliest to pass by itself first."""


@dataclass(frozen=True)
class Duel:
    """A challenger, and what it would have to beat; None: it would only have to fit."""

    asking: Asking
    grid: Block
    cheapest: float
    challenger: Spot
    winner: Spot | None = None
    handicap: int = 0
    """Points that the challenger must have over the winner, because its room is worth more to others."""

    @cached_property
    def factors(self) -> Array:
        """[2, F] points of the winner and of the challenger as they are now."""
        spots = (self.winner or self.challenger, self.challenger)
        rows, columns = np.array([spot.row for spot in spots]), np.array([spot.column for spot in spots])
        trials = Trials(self.grid, rows, columns, nodes=True)
        trials.cheapest[:] = self.cheapest
        return factors_of(trials)


class Search(Lazily[str]):
    """Conditions that are searched when somebody first looks."""

    def forget(self) -> None:
        """Nobody will look: a decision that stands for days must not keep the world alive that it was made in."""
        self._source = iter(())


def overturns(asking: Asking, field: Field, chosen: Assignment | None) -> tuple[str, ...]:
    """What would change a decision about one site, at most five sentences; none for workloads at several."""
    if asking.needs.several or asking.needs.everywhere:
        return ()
    mine = field.of(chosen) if chosen else None
    if mine is None or not mine.feasible:
        return to_fit(asking, field.board, mine.assignment if mine else None)
    runner_up = next((one for one in field.feasible if one.assignment != chosen), None)
    if runner_up is None or runner_up.worth >= mine.worth:
        return ()
    return to_win(asking, field.board, mine, runner_up)


def to_win(asking: Asking, board: Board, chosen: Candidate, runner_up: Candidate) -> tuple[str, ...]:
    """Conditions on which the runner-up would be worth as much as the chosen candidate."""
    grid, _, cheapest = whole(asking.needs, board.columns, board.situation)
    spots = [_spot(asking, grid, one.assignment) for one in (chosen, runner_up)]
    duel = Duel(asking, grid, cheapest, spots[1], spots[0], runner_up.scarcity - chosen.scarcity)
    conditions = (*_met(duel, tuple(_levers(duel))), *_weights(duel))
    return _sentences(conditions, runner_up.assignment, "would be as good")


def to_fit(asking: Asking, board: Board, only: Assignment | None) -> tuple[str, ...]:
    """Conditions on which a refused candidate would pass: that one, or the best of each kind of refusal."""
    grid, reasons, cheapest = whole(asking.needs, board.columns, board.situation)
    spots = [_spot(asking, grid, only)] if only else list(_nearest(asking, grid, reasons))
    told: list[str] = []
    for spot in spots:
        reason = reasons[spot.row, spot.column]
        if reason == FEASIBLE or REASONS[reason - 1] not in _MENDABLE or not _else_well(grid, spot):
            continue
        duel = Duel(asking, grid, cheapest, spot)
        where = Assignment(spot.site, asking.needs.variants[spot.row].name)
        told += _sentences(_met(duel, tuple(_levers(duel))), where, "would fit")
    return tuple(told[:TOLD])


def _sentences(conditions: Iterable[str], where: Assignment, then: str) -> tuple[str, ...]:
    return tuple(f"if {condition}, {where.site} ({where.variant}) {then}" for condition in islice(conditions, TOLD))


def _spot(asking: Asking, grid: Block, where: Assignment) -> Spot:
    row = next(number for number, variant in enumerate(asking.needs.variants) if variant.name == where.variant)
    return Spot(row, grid.columns.geography.index[where.site], where.site)


def _levers(duel: Duel) -> Iterator[Lever]:
    """Those that touch one side only, and requirements, which touch both."""
    asking, grid, winner, challenger = duel.asking, duel.grid, duel.winner, duel.challenger
    if winner is None or winner.column != challenger.column:
        shared = winner is not None and _share_a_link(asking, winner, challenger)
        if not shared:
            yield from path_levers(asking, grid, challenger)
        yield from price_lever(asking, grid, challenger)
        yield from room_levers(grid, challenger)
        if winner is not None and not shared:
            yield from slower_levers(asking, grid, winner)
        if not shared:
            yield from width_levers(asking, grid, challenger)
    if winner is None:
        yield from ceiling_lever(asking, grid, challenger)
    yield from requirement_levers(asking)


def _share_a_link(asking: Asking, winner: Spot, challenger: Spot) -> bool:
    """Whether each is a client of the other: one link then changes both."""
    return {winner.site, challenger.site} <= asking.client_sites


def _met(duel: Duel, levers: Sequence[Lever]) -> Iterator[str]:
    """The conditions that can be met, in the order of the levers."""
    roomy = _has_room(duel)
    for nodes in (False, True):
        mine = [lever for lever in levers if lever.nodes is nodes and lever.now != lever.limit]
        if mine and (nodes or roomy):
            yield from _searched(duel, mine, nodes=nodes)


def _has_room(duel: Duel) -> bool:
    spot = duel.challenger
    mask: Bools = np.zeros(duel.grid.shape, np.bool_)
    mask[spot.row, spot.column] = True
    return duel.winner is not None or not bool(ROOM.refuses(duel.grid.at(mask))[0])


def _searched(duel: Duel, levers: Sequence[Lever], *, nodes: bool) -> Iterator[str]:
    """Narrow each lever's span; one that does not win even at its limit is left out after the first pass."""
    low = np.array([lever.now for lever in levers])
    high = np.array([lever.limit for lever in levers])
    steps = np.linspace(0.0, 1.0, _VALUES)
    for _ in range(_PASSES):
        values = low[:, None] + (high - low)[:, None] * steps
        won = _judged(duel, levers, values, nodes=nodes)
        first = won.argmax(axis=1)
        lines = np.flatnonzero(first > 0)
        if not len(lines):
            return
        levers = [levers[line] for line in lines.tolist()]
        low, high = values[lines, first[lines] - 1], values[lines, first[lines]]
    ends = np.stack([low, high], axis=1).tolist()
    told = np.array([[lever.rounded(value) for value in line] for lever, line in zip(levers, ends, strict=True)])
    holds = _judged(duel, levers, told, nodes=nodes)
    for lever, values, good in zip(levers, told.tolist(), holds.tolist(), strict=True):
        if any(good):
            yield lever.words(values[good.index(True)])


def _judged(duel: Duel, levers: Sequence[Lever], values: Array, *, nodes: bool) -> Bools:
    """[L, K] whether the challenger wins, or fits, with each value of each lever."""
    count = values.shape[1]
    first = duel.winner or duel.challenger
    spots = [spot for _ in levers for spot in [first] * count + [duel.challenger] * count]
    rows, columns = np.array([spot.row for spot in spots]), np.array([spot.column for spot in spots])
    trials = Trials(duel.grid, rows, columns, nodes=nodes)
    numbers = np.arange(len(spots)).reshape(len(levers), 2, count)
    for lever, (winner, challenger), line in zip(levers, numbers, values, strict=True):
        lever.write(trials, winner, challenger, line)
    winners, challengers = numbers[:, 0].ravel(), numbers[:, 1].ravel()
    refused = trials.refused(room=nodes and duel.winner is None)
    if duel.winner is None:
        return ~refused[challengers].reshape(values.shape)
    lowest = np.minimum(duel.cheapest, trials.hourly_cost[challengers])
    trials.cheapest[winners], trials.cheapest[challengers] = lowest, lowest
    points = trials.points(_own_weights(duel), None if nodes else _headroom(duel, winners, len(spots)))
    ahead = points[challengers] - points[winners] >= duel.handicap
    won: Bools = ~refused[challengers] & (refused[winners] | ahead)
    return won.reshape(values.shape)


def _headroom(duel: Duel, winners: Array, count: int) -> Array:
    """[P] points of the factor that looks at nodes, as they are now."""
    index = [scorer.NAME for scorer in SCORERS].index("headroom")
    mine, theirs = duel.factors[:, index]
    points = np.full(count, theirs)
    points[winners] = mine
    return points


def _own_weights(duel: Duel) -> list[int]:
    return [duel.asking.needs.weights[scorer.NAME] for scorer in SCORERS]


def _weights(duel: Duel) -> Iterator[str]:
    """The nearest weight of each factor that has one, with which the challenger would be ahead."""
    factors, own = duel.factors, _own_weights(duel)
    for index, scorer in enumerate(SCORERS):
        if not own[index]:
            continue
        tried = np.tile(np.array(own, np.int32), (_HEAVIEST + 1, 1))
        tried[:, index] = np.arange(_HEAVIEST + 1)
        tried = tried[tried.sum(axis=1) > 0]
        mine, theirs = (weighted_mean(np.broadcast_to(one, tried.shape), tried) for one in factors)
        good = tried[:, index][theirs - mine >= duel.handicap]
        if len(good):
            nearest = int(good[np.abs(good - own[index]).argmin()])
            yield f"placement.weights.{scorer.NAME} were {nearest} (now {own[index]})"


def _nearest(asking: Asking, grid: Block, reasons: Array) -> Iterator[Spot]:
    """Of each kind of refusal that a number may end, the candidate with the most points."""
    names = grid.columns.geography.names
    for reason in _MENDABLE:
        pairs = grid.at(reasons == REASONS.index(reason) + 1)
        if len(pairs.r):
            weights = np.array([[asking.needs.weights[scorer.NAME] for scorer in SCORERS]], np.int32)
            points = weighted_mean(factors_of(pairs), np.broadcast_to(weights, (len(pairs.r), len(SCORERS))))
            best = int(points.argmax())
            yield Spot(int(pairs.r[best]), int(pairs.c[best]), names[int(pairs.c[best])])


def _else_well(grid: Block, spot: Spot) -> bool:
    """Whether nothing that no number ends stands against it as well."""
    known = not bool(np.broadcast_to(grid.unknown, grid.shape)[spot.row, spot.column])
    columns = grid.columns
    return known and bool(columns.usable[spot.column]) and not bool(columns.cut[spot.column])
