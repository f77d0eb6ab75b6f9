# SPDX-License-Identifier: Apache-2.0
"""The tiers that a variant is built for."""

from aiworkload.placement.context import Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to a site of a tier that the variant does not list."""
    site, variant = context.location.site, context.variant
    if site.spec.tier in variant.tiers:
        return None
    message = f"variant {variant.name} is for {', '.join(variant.tiers)}, and {site.name} is {site.spec.tier} tier"
    return Rejection(RejectReason.VARIANT_NOT_FOR_TIER, message)
