# SPDX-License-Identifier: Apache-2.0
"""The sites that the owner selects by label."""

from typing import Final

from aiworkload.placement.block import Array, Block
from aiworkload.placement.columns import Bools, Geography
from aiworkload.placement.context import Context
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.SITE_NOT_SELECTED


def refuses(block: Block) -> Array:
    """A site without all labels of `placement.siteSelector`."""
    return ~block.stacked(block.rows.selective, _selected)


def _selected(needs: Needs, geography: Geography) -> Bools:
    return geography.selected(needs.workload.spec.placement.site_selector.match_labels)


def sentence(context: Context) -> str:
    """Which labels it lacks."""
    site, wanted = context.location.site, context.asking.workload.spec.placement.site_selector.match_labels
    missing = [f"{key}={value}" for key, value in sorted(wanted.items()) if site.labels.get(key) != value]
    return f"{site.name} lacks the label {', '.join(missing)}"
