# SPDX-License-Identifier: Apache-2.0
"""Nodes that can take pods: ready, not cordoned, without a taint that our pods do not tolerate."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from aiworkload.placement.block import Array, Block
from aiworkload.placement.columns import Columns
from aiworkload.placement.context import Context
from aiworkload.placement.plan import RejectReason
from aiworkload.snapshot.workload import Placement

REASON: Final = RejectReason.NODE_NOT_READY


def refuses(block: Block) -> Array:
    """A site without a usable node; what stands is asked for the nodes it stands on instead.

    A cordon or a taint that came later does not end what runs on the node already.
    """
    no: Array = np.broadcast_to(~block.of_column(block.columns.usable), block.shape).copy()
    for row, column, placement in block.grid.standing:
        if any(pod.node for pod in placement.pods):
            no[row, column] = any(not _is_ready(block.columns, node) for node in _waiting_on(placement))
    return no


def sentence(context: Context) -> str:
    """Which nodes, and what is wrong with them."""
    location, placement = context.location, context.placement
    if placement is not None and any(pod.node for pod in placement.pods):
        nodes = context.asking.world.snapshot.nodes
        silent = sorted(name for name in _waiting_on(placement) if name not in nodes or not nodes[name].ready)
        return f"{location.site.name}: replicas stand on {', '.join(silent)}, not ready"
    if not location.nodes:
        return f"{location.site.name} has no nodes"
    return f"{location.site.name}: {'; '.join(location.unusable)}"


def _waiting_on(placement: Placement) -> Sequence[str]:
    """Nodes of replicas that are not ready."""
    return sorted({pod.node for pod in placement.pods if pod.node and not pod.ready})


def _is_ready(columns: Columns, node: str) -> bool:
    row = columns.node_index.get(node)
    return row is not None and bool(columns.node_ready[row])
