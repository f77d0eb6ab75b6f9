# SPDX-License-Identifier: Apache-2.0
"""The points of all sites for rows that most sites are candidates of.

Where nothing is known of the paths and nothing stands, sites of the same price, hardware and connectivity have the
same points but for the room on their nodes: one of each stratum is scored, and room is reckoned for all. The
exceptions are scored one by one. A test holds the outcome against scoring each cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.block import Array, Block, Pairs, Strangers
from aiworkload.placement.catalogue import SCORERS
from aiworkload.placement.columns import Columns, Floats, Ints
from aiworkload.placement.scorers import headroom

_ROOM: Final = SCORERS.index(headroom)


@dataclass(frozen=True, slots=True)
class Strata:
    """T strata of sites that differ by nothing but their paths, their room, and what stands there."""

    of_site: Ints
    """[S]"""
    first: Ints
    """[T] one site of each."""

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """By everything that a scorer reads of a site, the nodes apart."""
        told = (columns.kinds.of_site, columns.steadiness, columns.device_mebibytes, *columns.hardware.T)
        found = np.zeros(len(columns.geography), np.int64)
        for values in told:
            distinct, codes = np.unique(values, return_inverse=True)
            found = np.unique(found * len(distinct) + codes, return_inverse=True)[1]
        _, first = np.unique(found, return_index=True)
        return cls(found, first)


def points_anywhere(grid: Block, rows: Ints, cheapest: Floats) -> NDArray[np.uint8]:
    """[rows, S] the points of every cell of some rows.

    Args:
        grid: all rows.
        rows: the numbers of those asked for, ascending.
        cheapest: [R] what the cheapest costs that each row's owner allows.
    """
    strata, weights = Strata.of(grid.columns), grid.rows.weights[rows]
    apart = _apart(grid, rows, strata, cheapest).astype(np.float32)
    doubled: Array = apart.take(strata.of_site, axis=1)
    if weights[:, _ROOM].any():
        room, of_row = headroom.points_anywhere(grid, rows)
        rounded = np.rint(room).astype(np.float32).take(of_row, axis=0)
        rounded *= 2 * weights[:, _ROOM, None].astype(np.float32)
        doubled += rounded
    doubled /= np.maximum(1, 2 * weights.sum(axis=1, keepdims=True)).astype(np.float32)
    found: NDArray[np.uint8] = doubled.astype(np.uint8)
    _put_right(found, grid, rows, cheapest)
    return found


def rounded_factors(pairs: Pairs) -> list[NDArray[np.uint8]]:
    """[P] points of each scorer, in the order of `SCORERS`; one may give all pairs the same."""
    found = (np.rint(scorer.points(pairs)).astype(np.uint8) for scorer in SCORERS)
    return [np.broadcast_to(points, pairs.r.shape) for points in found]


def mean_points(pairs: Pairs, factors: Sequence[NDArray[np.uint8]]) -> NDArray[np.int32]:
    """[P] as `weighted_mean`, factor by factor: what weighs nothing for anybody here is not multiplied."""
    weights = pairs.rows.weights.astype(np.int32)
    total = weights.sum(axis=1, dtype=np.int32)
    doubled: Array = total.take(pairs.r)
    for weight, factor in zip(2 * weights.T, factors, strict=True):
        if weight.any():
            doubled += weight.take(pairs.r) * factor
    found: NDArray[np.int32] = doubled // np.maximum(1, 2 * total).take(pairs.r)
    return found


def _apart(grid: Block, rows: Ints, strata: Strata, cheapest: Floats) -> Ints:
    """[rows, T] twice the points of all factors but room by their weights, with what rounds half up.

    Below 2^24, so that a float32 holds it, and far enough from a whole multiple of the weights to divide in it.
    """
    r, c = np.repeat(rows, len(strata.first)), np.tile(strata.first, len(rows))
    pairs = Strangers(grid, r, c)
    pairs.cheapest = cheapest.take(r)
    weights = grid.rows.weights
    doubled: Ints = weights.sum(axis=1).take(r)
    for number, scorer in enumerate(SCORERS):
        if number != _ROOM and weights[rows, number].any():
            doubled += 2 * weights[:, number].take(r) * np.rint(scorer.points(pairs)).astype(np.int64)
    return doubled.reshape(len(rows), len(strata.first))


def _put_right(found: NDArray[np.uint8], grid: Block, rows: Ints, cheapest: Floats) -> None:
    """The points of the cells that differ from their stratum."""
    width = found.shape[1]
    wanted = np.full(len(grid.rows.needs), -1, np.int64)
    wanted[rows] = np.arange(len(rows))
    cells = grid.exceptions[wanted.take(grid.exceptions // width) >= 0]
    if len(cells):
        pairs = grid.pairs(cells)
        pairs.cheapest = cheapest.take(pairs.r)
        found[wanted.take(pairs.r), pairs.c] = mean_points(pairs, rounded_factors(pairs))
