# SPDX-License-Identifier: Apache-2.0
"""The tiers that the owner allows."""

from aiworkload.placement.context import Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to a site of another tier than `placement.tiers`."""
    site, allowed = context.location.site, context.asking.workload.spec.placement.tiers
    if site.spec.tier in allowed:
        return None
    message = f"{site.name} is {site.spec.tier} tier, and placement.tiers allows {', '.join(allowed)}"
    return Rejection(RejectReason.TIER_NOT_ALLOWED, message)
