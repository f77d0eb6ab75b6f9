# SPDX-License-Identifier: Apache-2.0
"""Whether replicas fit on the nodes of a site, each whole on one node, for many candidates at once.

A row that asks at a good part of all sites is asked of all nodes at once: without picking, a node costs a tenth.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.capacity import PACKED
from aiworkload.placement.columns import Bools, Columns, Ints

_DENSE: Final = 0.25
"""The share of the sites from which on a row is asked of all nodes. Ours, measured."""

_FEW: Final = 128
"""Fewer pairs of a row are always picked."""

_ANY: Final = np.iinfo(np.int64).min
"""Less than any room."""

_REPLICAS: Final = 4
"""Up to so many replicas multiples are compared; above, dividing is cheaper."""


def has_room(pairs: Pairs) -> Array:
    """[P] whether all replicas of a new placement fit, with the headroom left free."""
    rows = _dense_rows(pairs) & (pairs.rows.replicas <= _REPLICAS)
    return _split(pairs, rows, lambda: _fits_anywhere(pairs, rows), _has_room)


def free_share(pairs: Pairs, enough: float) -> Array:
    """[P] free share (0 to `enough`) of the scarcer of CPU and memory after one more replica, on the roomiest node.

    What stands is in the node's books already.
    """
    rows = _dense_rows(pairs)
    share = _split(pairs, rows, lambda: _shares_anywhere(pairs, rows), _free_share)
    return np.minimum(enough, np.maximum(0.0, share))


def _dense_rows(pairs: Pairs) -> Bools:
    """[R] whether so many of its pairs are asked for that all nodes may be."""
    counts = np.bincount(pairs.r, minlength=len(pairs.rows.needs))
    dense: Bools = counts >= max(_FEW, _DENSE * len(pairs.columns.geography))
    return dense


def _split(pairs: Pairs, rows: Bools, everywhere: Callable[[], Array], picked: Callable[[Pairs], Array]) -> Array:
    """[P] of the pairs of dense rows from a grid [dense rows, S], and of the others one by one."""
    if not rows.any():
        return picked(pairs)
    dense = rows.take(pairs.r) & ~pairs.stands
    position = np.cumsum(rows) - 1
    grid = everywhere()
    if rows.all() and dense.all():
        return pairs.plane(grid)
    found = np.empty(len(pairs.r), grid.dtype)
    found[dense] = grid[position.take(pairs.r[dense]), pairs.c[dense]]
    found[~dense] = picked(pairs.only(~dense))
    return found


def _fits_anywhere(pairs: Pairs, rows: Bools) -> Array:
    """[dense rows, S] as `has_room`."""
    columns, demand, replicas = pairs.columns, pairs.rows.demand[rows], pairs.rows.replicas[rows]
    asked = np.where(demand > 0, demand, _ANY)
    slots = np.zeros((len(asked), len(columns.geography)), np.int32)
    for count in range(1, int(replicas.max()) + 1):
        fits = np.ones((len(asked), len(columns.node_site)), np.bool_)
        for d in np.flatnonzero(demand.any(axis=0)).tolist():
            fits &= columns.room[:, d] >= np.where(demand[:, d] > 0, count * asked[:, d], _ANY)[:, None]
        slots += _sums(fits & (count <= replicas)[:, None], columns)
    found: Array = slots >= replicas[:, None]
    return found


def _sums(values: Bools, columns: Columns) -> Array:
    """[R, S] how many of each site's nodes, from [R, N]."""
    running = np.zeros((len(values), values.shape[1] + 1), np.int32)
    np.cumsum(values, axis=1, out=running[:, 1:])
    ends = running.take(columns.starts, axis=1)
    return np.diff(ends, axis=1)


def _shares_anywhere(pairs: Pairs, rows: Bools) -> Array:
    """[dense rows, S] as `free_share` of newcomers, not cut off at either end."""
    columns, demand = pairs.columns, pairs.rows.demand[rows]
    scarcer = np.full((len(demand), len(columns.node_site)), np.inf)
    for d, resource in enumerate(columns.resources):
        if resource in PACKED:
            left = columns.free[:, d].astype(np.float64) - demand[:, d, None].astype(np.float64)
            left /= np.maximum(1, columns.allocatable[:, d])
            np.minimum(scarcer, left, out=scarcer)
    found = np.zeros((len(demand), len(columns.geography)))
    peopled = columns.starts[1:] > columns.starts[:-1]
    if peopled.any():
        found[:, peopled] = np.maximum.reduceat(scarcer, columns.starts[:-1][peopled], axis=1)
    return found


def _has_room(pairs: Pairs) -> Array:
    pair, node = _nodes_of(pairs)
    fits = np.full(len(pair), np.iinfo(np.int64).max, np.int64)
    row = pairs.r[pair]
    for d in np.flatnonzero(pairs.rows.demand.any(axis=0)).tolist():
        asked = pairs.rows.demand[row, d]
        fits = np.where(asked > 0, np.minimum(fits, pairs.columns.room[node, d] // np.maximum(asked, 1)), fits)
    slots = np.bincount(pair, np.clip(fits, 0, pairs.rows.replicas[row]), minlength=len(pairs.r))
    return slots >= pairs.of_row(pairs.rows.replicas)


def _free_share(pairs: Pairs) -> Array:
    pair, node = _nodes_of(pairs)
    row, new = pairs.r[pair], ~pairs.stands[pair]
    share = np.full(len(pair), np.inf)
    for d, resource in enumerate(pairs.columns.resources):
        if resource in PACKED:
            left = pairs.columns.free[node, d] - pairs.rows.demand[row, d] * new
            share = np.minimum(share, left / np.maximum(1, pairs.columns.allocatable[node, d]))
    best = np.zeros(len(pairs.r))
    np.maximum.at(best, pair, share)
    return best


def _nodes_of(pairs: Pairs) -> tuple[Ints, Ints]:
    """For each pair the nodes of its site: the pair's and the node's number, side by side."""
    first, last = pairs.columns.starts[pairs.c], pairs.columns.starts[pairs.c + 1]
    counts = last - first
    pair = np.repeat(np.arange(len(pairs.r)), counts)
    offsets = np.cumsum(counts) - counts
    return pair, np.arange(len(pair)) - offsets[pair] + first[pair]
