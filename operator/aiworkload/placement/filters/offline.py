# SPDX-License-Identifier: Apache-2.0
"""`offline.mode: Required` puts a replica at every client site, and nowhere else."""

from aiworkload.placement.context import Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to a site without clients: it would not serve them through a cut."""
    asking, site = context.asking, context.location.site.name
    if not asking.serves_everywhere or site in asking.client_sites:
        return None
    clients = ", ".join(sorted(asking.client_sites))
    message = f"{site} is no client site; a cut would leave {clients} without it, and offline serving is required"
    return Rejection(RejectReason.OFFLINE_REQUIRED, message)
