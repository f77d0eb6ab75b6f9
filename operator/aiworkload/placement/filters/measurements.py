# SPDX-License-Identifier: Apache-2.0
"""Measurements that are missing or stale. Unknown is not good: where something is known, it is preferred."""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.context import Context
from aiworkload.placement.explanation import path_words
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.MEASUREMENTS_STALE


def refuses(block: Block, in_use: Array) -> Array:
    """A new site of unknown latency while another is known; where nothing is known, nothing is refused.

    `in_use` marks what can serve, or does although too slowly: a known miss is no reason to go into the unknown.
    """
    known = np.zeros(int(block.rows.group[-1]) + 1, np.bool_)
    np.logical_or.at(known, block.rows.group, (in_use & ~block.unknown).any(axis=1))
    return block.unknown & ~block.stands & known[block.of_row(block.rows.group)]


def sentence(context: Context) -> str:
    """Which path is not known."""
    worst = context.reach.worst
    message = path_words(context.location.site.name, worst) if worst else "nothing is measured"
    return f"{message}, and another site's latency is known"
