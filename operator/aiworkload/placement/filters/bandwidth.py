# SPDX-License-Identifier: Apache-2.0
"""`NoBandwidth`: the requests and responses of all workloads on a link together stay within its capacity.

A link whose capacity nobody has measured or declared refuses nothing.
"""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.context import Context
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.NO_BANDWIDTH


def refuses(block: Block) -> Array:
    """A site where a client's traffic exceeds what the link has left. Traffic within a site crosses no link."""
    no: Array = np.zeros((1,) * block.r.ndim, np.bool_)
    if not block.rows.kilobits.any() or not block.layers:
        return no
    kilobits = block.of_row(block.rows.kilobits)
    for layer in block.layers:
        asked = kilobits * block.of_row(layer.rate)
        no = no | (block.of_row(layer.there) & ~layer.here & (asked > layer.spare) & (asked > 0))
    return no & ~block.of_row(block.rows.several)


def sentence(context: Context) -> str:
    """Which link, what is asked of it, and what it can take."""
    crowded = max(context.crossings, key=lambda crossing: crossing.asked - crossing.spare)
    return (
        f"the link {crowded.client} - {context.location.site.name} has {max(0.0, crowded.spare) / 1000:.4g} of"
        f" {crowded.capacity / 1000:.4g} Mbit/s left, and {crowded.asked / 1000:.4g} are needed"
    )
