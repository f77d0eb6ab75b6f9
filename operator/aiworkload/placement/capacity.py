# SPDX-License-Identifier: Apache-2.0
"""What replicas ask for, and which nodes can take them."""

from typing import Final

from aiworkload.api.workload import AIWorkloadSpec, Variant
from aiworkload.snapshot.node import Node

Demand = tuple[tuple[str, int], ...]
"""What one replica asks for, by resource name, sorted; CPU in millicores, the rest in its own unit."""

PACKED: Final = ("cpu", "memory")
"""Resources that keep headroom; devices and pod slots are used to the last."""


_TOLERATED: Final = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
"""Taints that our pods tolerate; both say that the node is silent, which readiness tells already."""

_EXCLUDING: Final = frozenset({"NoSchedule", "NoExecute"})


def demand_of(spec: AIWorkloadSpec, variant: Variant) -> Demand:
    """One replica's requests and its pod's slot."""
    return tuple(sorted({**spec.requests_of(variant), "pods": 1}.items()))


def why_unusable(node: Node) -> str | None:
    """Why no new pod can go to a node; None when one can."""
    if not node.ready:
        return f"{node.name} is not ready"
    if node.unschedulable:
        return f"{node.name} is cordoned"
    taint = next((t for t in node.taints if t.effect in _EXCLUDING and t.key not in _TOLERATED), None)
    return f"{node.name} has the taint {taint.key}:{taint.effect}" if taint else None
