# SPDX-License-Identifier: Apache-2.0
"""`offline.mode: Required` puts a replica at every client site, and nowhere else."""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.columns import Bools, Geography
from aiworkload.placement.context import Context
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.OFFLINE_REQUIRED


def refuses(block: Block) -> Array:
    """A site without clients: it would not serve them through a cut."""
    return ~block.stacked(block.rows.everywhere, _at_clients)


def _at_clients(needs: Needs, geography: Geography) -> Bools:
    found = np.zeros(len(geography), np.bool_)
    found[geography.column(site for site, _ in needs.clients)] = True
    return found


def sentence(context: Context) -> str:
    """Whom it would leave alone."""
    clients = ", ".join(sorted(context.asking.client_sites))
    site = context.location.site.name
    return f"{site} is no client site; a cut would leave {clients} without it, and offline serving is required"
