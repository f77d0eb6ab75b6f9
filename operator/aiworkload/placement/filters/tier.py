# SPDX-License-Identifier: Apache-2.0
"""The tiers that the owner allows."""

from typing import Final

from aiworkload.placement.block import Array, Block
from aiworkload.placement.context import Context
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.TIER_NOT_ALLOWED


def refuses(block: Block) -> Array:
    """A site of another tier than `placement.tiers`."""
    shared = block.of_row(block.rows.tiers) & block.of_column(block.columns.geography.tiers)
    no: Array = shared == 0
    return no


def sentence(context: Context) -> str:
    """Which tier it is, and which are allowed."""
    site, allowed = context.location.site, context.asking.workload.spec.placement.tiers
    return f"{site.name} is {site.spec.tier} tier, and placement.tiers allows {', '.join(allowed)}"
