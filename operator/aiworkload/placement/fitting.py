# SPDX-License-Identifier: Apache-2.0
"""Whether replicas fit on the nodes of a site, each whole on one node, for many candidates at once."""

import numpy as np

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.capacity import PACKED
from aiworkload.placement.columns import Ints


def has_room(pairs: Pairs) -> Array:
    """[P] whether all replicas of a new placement fit, with the headroom left free."""
    pair, node = _nodes_of(pairs)
    fits = np.full(len(pair), np.iinfo(np.int64).max, np.int64)
    row = pairs.r[pair]
    for d in range(len(pairs.columns.resources)):
        asked = pairs.rows.demand[row, d]
        fits = np.where(asked > 0, np.minimum(fits, pairs.columns.room[node, d] // np.maximum(asked, 1)), fits)
    slots = np.bincount(pair, np.clip(fits, 0, pairs.rows.replicas[row]), minlength=len(pairs.r))
    return slots >= pairs.of_row(pairs.rows.replicas)


def free_share(pairs: Pairs, enough: float) -> Array:
    """[P] free share (0 to `enough`) of the scarcer of CPU and memory after one more replica, on the roomiest node.

    What stands is in the node's books already.
    """
    pair, node = _nodes_of(pairs)
    row, new = pairs.r[pair], ~pairs.stands[pair]
    share = np.full(len(pair), enough)
    for d, resource in enumerate(pairs.columns.resources):
        if resource in PACKED:
            left = pairs.columns.free[node, d] - pairs.rows.demand[row, d] * new
            share = np.minimum(share, np.maximum(0, left) / np.maximum(1, pairs.columns.allocatable[node, d]))
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
