# SPDX-License-Identifier: Apache-2.0
"""Whether replicas fit on the nodes of a site, each whole on one node, for many candidates at once.

A row that asks at a good part of all sites is asked of all nodes at once: without picking, a node costs a tenth. Rows
that ask for the same are asked once.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block, Pairs
from aiworkload.placement.capacity import PACKED
from aiworkload.placement.columns import Bools, Columns, Floats, Ints

_ANY: Final = np.iinfo(np.int64).min
"""Less than any room."""

_PICKING: Final = 8
"""What picking a node costs, against reading all of them in a row. Ours, measured."""

_REPLICAS: Final = 4
"""Up to so many replicas multiples are compared; above, dividing is cheaper."""


def room_anywhere(grid: Block, rows: Ints) -> Bools:
    """[rows, S] as `has_room`, of newcomers."""
    distinct, of_row = np.unique(_asked(grid)[rows], axis=0, return_inverse=True)
    return _room(distinct, grid.columns).take(of_row.ravel(), axis=0)


def shares_anywhere(grid: Block, rows: Ints, enough: float) -> tuple[Array, Ints]:
    """[distinct, S] as `free_share`, of newcomers, and of each row which of the distinct ones it is."""
    distinct, of_row = np.unique(_packed(grid)[rows], axis=0, return_inverse=True)
    return _shares(distinct, grid.columns, enough), of_row.ravel()


def has_room(pairs: Pairs) -> Array:
    """[P] whether all replicas of a new placement fit, with the headroom left free."""
    distinct, of_row = np.unique(_asked(pairs), axis=0, return_inverse=True)
    if _is_cheaper_at_once(len(distinct), pairs):
        found: Array = _room(distinct, pairs.columns)[of_row.ravel().take(pairs.r), pairs.c]
        return found
    return _has_room(pairs)


def free_share(pairs: Pairs, enough: float) -> Array:
    """[P] free share (0 to `enough`) of the scarcer of CPU and memory after one more replica, on the roomiest node.

    What stands is in the node's books already.
    """
    distinct, of_row = np.unique(_packed(pairs), axis=0, return_inverse=True)
    if _is_cheaper_at_once(len(distinct) + 1, pairs):
        shares = _shares(np.vstack([distinct, np.zeros((1, len(PACKED)), np.int64)]), pairs.columns, enough)
        asked = np.where(pairs.stands, len(distinct), of_row.ravel().take(pairs.r))
        found: Array = shares[asked, pairs.c]
        return found
    return np.minimum(enough, np.maximum(0.0, _free_share(pairs)))


def replicas_fitting(resources: Iterable[tuple[Ints, Ints]], most: Ints) -> Ints:
    """How many replicas fit on each node, no more than `most`.

    `resources` are what a node has of each and what one replica asks for. All three broadcast.
    """
    for room, asked in resources:
        most = np.where(asked > 0, np.minimum(most, room // np.maximum(asked, 1)), most)
    return np.maximum(0, most)


def free_shares(packed: Ints, columns: Columns, nodes: slice | Ints) -> Floats:
    """[R, n] free share of the scarcer of CPU and memory after one replica that asks for so much of them, [R, 2].

    Below 0 where it does not fit.
    """
    scarcer: Floats = np.full((len(packed), len(columns.node_site[nodes])), np.inf)
    for position, name in enumerate(PACKED):
        d = columns.resources.index(name)
        left = columns.free[nodes, d].astype(np.float64) - packed[:, position, None].astype(np.float64)
        left /= np.maximum(1, columns.allocatable[nodes, d])
        np.minimum(scarcer, left, out=scarcer)
    return scarcer


def nodes_of(columns: Columns, sites: Ints) -> tuple[Ints, Ints]:
    """Every node of each of these sites: the position in `sites` and the node's row, side by side."""
    first, last = columns.starts[sites], columns.starts[sites + 1]
    counts = last - first
    position = np.repeat(np.arange(len(sites)), counts)
    offsets = np.cumsum(counts) - counts
    return position, np.arange(len(position)) - offsets[position] + first[position]


def _is_cheaper_at_once(distinct: int, pairs: Pairs) -> bool:
    nodes, sites = len(pairs.columns.node_site), len(pairs.columns.geography)
    return distinct * nodes < _PICKING * len(pairs.r) * max(1.0, nodes / max(1, sites))


def _asked(block: Block) -> Ints:
    """[R, D + 1] what one replica asks for, and how many."""
    return np.column_stack([block.rows.demand, block.rows.replicas])


def _packed(block: Block) -> Ints:
    """[R, 2] the CPU and the memory of it."""
    return block.rows.demand[:, [block.columns.resources.index(name) for name in PACKED]]


def _room(distinct: Ints, columns: Columns) -> Bools:
    """[distinct, S] from `_asked`."""
    demand, replicas = distinct[:, :-1], distinct[:, -1]
    slots = np.zeros((len(distinct), len(columns.geography)), np.int64)
    few = replicas <= _REPLICAS
    if few.any():
        slots[few] = _slots(demand[few], replicas[few], columns)
    for number in np.flatnonzero(~few).tolist():
        asked = np.flatnonzero(demand[number]).tolist()
        fits = replicas_fitting(((columns.room[:, d], demand[number, d]) for d in asked), replicas[number])
        slots[number] = np.bincount(columns.node_site, fits, minlength=slots.shape[1])
    found: Bools = slots >= replicas[:, None]
    return found


def _shares(distinct: Ints, columns: Columns, enough: float) -> Array:
    """[distinct, S] from `_packed`."""
    scarcer = free_shares(distinct, columns, slice(None))
    found = np.zeros((len(distinct), len(columns.geography)))
    peopled = columns.starts[1:] > columns.starts[:-1]
    if peopled.any():
        found[:, peopled] = np.maximum.reduceat(scarcer, columns.starts[:-1][peopled], axis=1)
    return np.minimum(enough, np.maximum(0.0, found))


def _has_room(pairs: Pairs) -> Array:
    pair, node = nodes_of(pairs.columns, pairs.c)
    row, demand, room = pairs.r[pair], pairs.rows.demand, pairs.columns.room
    asked = np.flatnonzero(demand.any(axis=0)).tolist()
    fits = replicas_fitting(((room[node, d], demand[row, d]) for d in asked), pairs.rows.replicas[row])
    slots = np.bincount(pair, fits, minlength=len(pairs.r))
    return slots >= pairs.of_row(pairs.rows.replicas)


def _free_share(pairs: Pairs) -> Array:
    pair, node = nodes_of(pairs.columns, pairs.c)
    row, new = pairs.r[pair], ~pairs.stands[pair]
    share = np.full(len(pair), np.inf)
    for d, resource in enumerate(pairs.columns.resources):
        if resource in PACKED:
            left = pairs.columns.free[node, d] - pairs.rows.demand[row, d] * new
            share = np.minimum(share, left / np.maximum(1, pairs.columns.allocatable[node, d]))
    best = np.zeros(len(pairs.r))
    np.maximum.at(best, pair, share)
    return best


def _slots(demand: Ints, replicas: Ints, columns: Columns) -> Ints:
    """[distinct, S] how many replicas fit, as far as it matters, where few are asked for."""
    slots = np.zeros((len(demand), len(columns.geography)), np.int64)
    for count in range(1, int(replicas.max()) + 1):
        fits = np.ones((len(demand), len(columns.node_site)), np.bool_)
        for d in np.flatnonzero(demand.any(axis=0)).tolist():
            fits &= columns.room[:, d] >= np.where(demand[:, d] > 0, count * demand[:, d], _ANY)[:, None]
        slots += _sums(fits & (count <= replicas)[:, None], columns)
    return slots


def _sums(values: Bools, columns: Columns) -> Ints:
    """[R, S] how many of each site's nodes, from [R, N]."""
    running = np.zeros((len(values), values.shape[1] + 1), np.int32)
    np.cumsum(values, axis=1, out=running[:, 1:])
    found: Ints = np.diff(running.take(columns.starts, axis=1), axis=1)
    return found
