# SPDX-License-Identifier: Apache-2.0
"""Bandwidth: points for the scarce links that a candidate spares.

100 points where the traffic crosses no link, less in proportion to the share of what the fullest link has left that
this workload would take; 0 where it takes all. A link whose capacity nobody told counts as half taken. Ours.
"""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Pairs
from aiworkload.placement.context import Context
from aiworkload.placement.plan import Value

NAME: Final = "bandwidth"

UNTOLD: Final = 0.5
"""The share taken of a link whose capacity nobody told."""


def points(pairs: Pairs) -> Array:
    """Points for the traffic that stays off the links."""
    if not pairs.rows.kilobits.any() or not pairs.layers:
        return np.array(100.0)
    taken: Array = np.zeros(pairs.shape)
    kilobits = pairs.of_row(pairs.rows.kilobits)
    for layer in pairs.layers:
        asked = kilobits * pairs.of_row(layer.rate)
        spare = layer.spare
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(np.isinf(spare), UNTOLD, asked / np.maximum(spare, 0))
        crosses = pairs.of_row(layer.there) & ~layer.here & (asked > 0)
        taken = np.where(crosses, np.maximum(taken, share), taken)
    return 100.0 * (1 - np.minimum(1.0, taken))


def words(context: Context) -> Value:
    """The fullest link that the traffic would cross."""
    crossings = context.standing_crossings
    if not crossings:
        return Value("crosses no link")
    fullest = max(crossings, key=lambda crossing: crossing.share)
    asked = f"{fullest.asked / 1000:.4g} Mbit/s from {fullest.client}"
    if fullest.capacity == float("inf"):
        return Value(f"{asked}, capacity unknown")
    return Value(f"{asked} of {max(0.0, fullest.spare) / 1000:.4g} Mbit/s left")
