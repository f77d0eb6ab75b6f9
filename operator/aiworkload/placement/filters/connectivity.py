# SPDX-License-Identifier: Apache-2.0
"""Contact with the site. A degraded site is a worse one, which the scorer says; a silent one can take nothing."""

from aiworkload.api.timestamps import to_rfc3339
from aiworkload.placement.context import Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to a site that is Disconnected or Lost."""
    if not context.location.cut:
        return None
    site = context.location.site
    message = f"{site.name} has been {site.connectivity} since {to_rfc3339(site.connectivity_since)}"
    return Rejection(RejectReason.SITE_DISCONNECTED, message)
