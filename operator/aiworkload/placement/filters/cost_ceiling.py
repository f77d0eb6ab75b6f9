# SPDX-License-Identifier: Apache-2.0
"""`BudgetExceeded`: a candidate costs more in an hour than `requirements.cost.maxPerHour`."""

from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.context import Context, hourly_cost
from aiworkload.placement.cost import as_money
from aiworkload.placement.plan import RejectReason

REASON: Final = RejectReason.BUDGET_EXCEEDED

_GRAIN: Final = 1e-7
"""Below the API's smallest amount: a price that equals the ceiling in decimals must not exceed it in binary."""


def refuses(block: Block) -> Array:
    """Node share and egress together above the ceiling. Of several sites together the set's choice keeps account."""
    if not np.isfinite(block.rows.ceiling).any():
        return np.zeros((1,) * block.r.ndim, np.bool_)
    dear: Array = block.hourly_cost > block.of_row(block.rows.ceiling) + _GRAIN
    return dear & ~block.of_row(block.rows.several)


def sentence(context: Context) -> str:
    """What it would cost, and what it may."""
    requirement = context.asking.workload.spec.requirements.cost
    ceiling = f" {requirement.max_per_hour}" if requirement else ""
    site, price = context.location.site.name, as_money(hourly_cost(context))
    return f"{site} would cost {price} per hour, above requirements.cost.maxPerHour{ceiling}"
