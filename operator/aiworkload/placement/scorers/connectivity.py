# SPDX-License-Identifier: Apache-2.0
"""Connectivity: points for a site and for paths that hold.

A Connected site starts with 100 points, a Degraded one with 50, a silent one with 0. The worst client's loss takes up
to 50 of them, linear to 5 % of probes lost (TCP throughput falls with the square root of the loss; from a few per
cent on, requests stall), jitter up to 25, linear to 20 ms. A path that is lost or unknown takes all 75. Ours.
"""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.context import Context
from aiworkload.placement.plan import Value
from aiworkload.placement.ways import KNOWN

NAME: Final = "connectivity"

LOSS_KNEE_BASIS_POINTS: Final = 500
JITTER_KNEE_MICROSECONDS: Final = 20_000
_LOSS_PENALTY: Final = 50
_JITTER_PENALTY: Final = 25


def points(pairs: Pairs) -> Array:
    """Points for steadiness."""
    penalty: Array = np.zeros(pairs.shape)
    for layer in pairs.layers:
        loss = np.minimum(1.0, layer.loss / LOSS_KNEE_BASIS_POINTS)
        jitter = np.minimum(1.0, layer.jitter / JITTER_KNEE_MICROSECONDS)
        known = layer.states == KNOWN
        found = np.where(known, _LOSS_PENALTY * loss + _JITTER_PENALTY * jitter, _LOSS_PENALTY + _JITTER_PENALTY)
        penalty = np.where(pairs.of_row(layer.there), np.maximum(penalty, found), penalty)
    left: Array = np.maximum(0.0, pairs.of_column(pairs.columns.steadiness) - penalty)
    return left


def words(context: Context) -> Value:
    """The site's state, and the worst loss and jitter."""
    paths = context.reach.paths
    loss = max((path.loss_basis_points for path in paths), default=0)
    jitter = max((path.jitter_microseconds for path in paths), default=0)
    state = context.location.site.connectivity
    return Value(f"{state}, loss {loss / 100:.3g} %, jitter {jitter / 1000:.3g} ms")
