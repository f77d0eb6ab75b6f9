# SPDX-License-Identifier: Apache-2.0
"""Nodes that can take pods: ready, not cordoned, without a taint that our pods do not tolerate."""

from aiworkload.placement.context import Context
from aiworkload.placement.plan import Rejection, RejectReason


def reject(context: Context) -> Rejection | None:
    """No to a site without a usable node; what stands is asked for the nodes it stands on instead.

    A cordon or a taint that came later does not end what runs on the node already.
    """
    location = context.location
    if context.placement is not None and any(pod.node for pod in context.placement.pods):
        return _standing_on_silent_node(context)
    if not location.nodes:
        return _rejection(f"{location.site.name} has no nodes")
    return None if location.usable else _rejection(f"{location.site.name}: {'; '.join(location.unusable)}")


def _standing_on_silent_node(context: Context) -> Rejection | None:
    placement, nodes = context.placement, context.asking.world.snapshot.nodes
    bound = {pod.node for pod in placement.pods if pod.node and not pod.ready} if placement else set[str]()
    silent = sorted(name for name in bound if name not in nodes or not nodes[name].ready)
    if not silent:
        return None
    return _rejection(f"{context.location.site.name}: replicas stand on {', '.join(silent)}, not ready")


def _rejection(message: str) -> Rejection:
    return Rejection(RejectReason.NODE_NOT_READY, message)
