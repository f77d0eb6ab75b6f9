# SPDX-License-Identifier: Apache-2.0
"""Contact with the site. A degraded site is a worse one, which the scorer says; a silent one can take nothing."""

from typing import Final

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.placement.block import Array, Block
from aiworkload.placement.context import Context
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.SITE_DISCONNECTED


def refuses(block: Block) -> Array:
    """A site that is Disconnected or Lost."""
    return block.of_column(block.columns.cut)


def sentence(context: Context) -> str:
    """Since when it is out of touch."""
    site = context.location.site
    return f"{site.name} has been {site.connectivity} since {to_rfc3339(site.connectivity_since)}"
