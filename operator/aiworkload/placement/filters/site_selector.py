# SPDX-License-Identifier: Apache-2.0
"""The sites that the owner selects by label."""

from aiworkload.placement.context import Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to a site without all labels of `placement.siteSelector`."""
    site, wanted = context.location.site, context.asking.workload.spec.placement.site_selector.match_labels
    if not wanted:
        return None
    missing = [f"{key}={value}" for key, value in sorted(wanted.items()) if site.labels.get(key) != value]
    if not missing:
        return None
    return Rejection(RejectReason.SITE_NOT_SELECTED, f"{site.name} lacks the label {', '.join(missing)}")
