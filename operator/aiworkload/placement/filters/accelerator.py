# SPDX-License-Identifier: Apache-2.0
"""The devices that a variant is built for."""

from aiworkload.placement.context import Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to a site where no node has such a device at all; devices that are taken are the resources' matter."""
    variant, location = context.variant, context.location
    needed = variant.accelerator
    if needed is None or any(node.allocatable.get(needed, 0) > 0 for node in location.nodes):
        return None
    message = f"no node of {location.site.name} has {needed}, which variant {variant.name} needs"
    return Rejection(RejectReason.ACCELERATOR_MISSING, message)
