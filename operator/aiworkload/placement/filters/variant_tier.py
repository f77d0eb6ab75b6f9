# SPDX-License-Identifier: Apache-2.0
"""The tiers that a variant is built for."""

from typing import Final

from aiworkload.placement.block import Array, Block
from aiworkload.placement.context import Context
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.VARIANT_NOT_FOR_TIER


def refuses(block: Block) -> Array:
    """A site of a tier that the variant does not list."""
    shared = block.of_row(block.rows.variant_tiers) & block.of_column(block.columns.geography.tiers)
    no: Array = shared == 0
    return no


def sentence(context: Context) -> str:
    """Which tiers the variant is for."""
    site, variant = context.location.site, context.variant
    return f"variant {variant.name} is for {', '.join(variant.tiers)}, and {site.name} is {site.spec.tier} tier"
