# SPDX-License-Identifier: Apache-2.0
"""Headroom: points for what is left for bursts.

Linear from 0 points with nothing free to 100 with half of the roomiest node free; more room than that helps nobody
(ours). What stands is in the node's books already.
"""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block, Pairs
from aiworkload.placement.columns import Ints
from aiworkload.placement.context import Context
from aiworkload.placement.fitting import free_share, shares_anywhere
from aiworkload.placement.plan import Value

NAME: Final = "headroom"

ENOUGH: Final = 0.5
"""The free share from which on more does not count."""


def points(pairs: Pairs) -> Array:
    """Points for the room left on the roomiest node."""
    return 100.0 * np.minimum(1.0, free_share(pairs, ENOUGH) / ENOUGH)


def points_anywhere(grid: Block, rows: Ints) -> tuple[Array, Ints]:
    """[distinct, S] as `points`, of newcomers at every site, and of each row which of the distinct ones it is."""
    shares, of_row = shares_anywhere(grid, rows, ENOUGH)
    return 100.0 * np.minimum(1.0, shares / ENOUGH), of_row


def words(context: Context) -> Value:
    """The free share of the scarcer of CPU and memory."""
    demand = () if context.stands else context.demand
    return Value(f"{context.asking.world.ledger.free_share(context.location.site.name, demand):.0%} free")
