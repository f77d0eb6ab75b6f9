# SPDX-License-Identifier: Apache-2.0
"""Measurements that are missing or stale. Unknown is not good: where something is known, it is preferred."""

from aiworkload.placement.context import Context, Rivals, latency_is_unknown
from aiworkload.placement.explanation import path_words
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context, rivals: Rivals) -> Rejection | None:
    """No to a new site of unknown latency while another is known; where nothing is known, nothing is refused."""
    if context.stands or not rivals.latency_known or not latency_is_unknown(context):
        return None
    worst = context.reach.worst
    message = path_words(context.location.site.name, worst) if worst else "nothing is measured"
    return Rejection(RejectReason.MEASUREMENTS_STALE, f"{message}, and another site's latency is known")
