# SPDX-License-Identifier: Apache-2.0
"""What the nodes can still take, within one cycle.

Workloads are decided one after the other, so what the first was given must be gone for the second. Standing pods
are in `Node.requested` already; what is promised but not yet bound is reserved here. The ledger lives for one
`decide` and is its only mutable value; answers are kept until a reservation changes the site they are about.
"""

from collections.abc import Callable
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


class Ledger:
    """Free resources of the usable nodes of every site, less what this cycle has promised."""

    def __init__(self, usable: Callable[[str], tuple[Node, ...]]) -> None:
        """`usable` tells the nodes of a site that can take a new pod."""
        self._usable = usable
        self._promised: dict[str, dict[str, int]] = {}
        self.spoken_for: Final[set[str]] = set()
        """Sites where something was promised."""
        self._slots: dict[str, dict[tuple[Demand, int], int]] = {}
        self._shares: dict[str, dict[Demand, float]] = {}

    def slots(self, site: str, demand: Demand, headroom_percent: int = 0) -> int:
        """How many whole replicas fit on the nodes of a site."""
        known = self._slots.setdefault(site, {})
        key = (demand, headroom_percent)
        if key not in known:
            known[key] = sum(self._fits(node, demand, headroom_percent) for node in self._usable(site))
        return known[key]

    def free_share(self, site: str, demand: Demand) -> float:
        """Free share (0 to 1) of the scarcer of CPU and memory after one more replica, on the roomiest node."""
        known = self._shares.setdefault(site, {})
        if demand not in known:
            asked = dict(demand)
            shares = (self._share_after(node, asked) for node in self._usable(site))
            known[demand] = max(shares, default=0.0)
        return known[demand]

    def reserve(self, site: str, demand: Demand, replicas: int) -> bool:
        """Promise room for so many replicas, on the roomiest nodes first; False when not all of them fit."""
        roomiest = sorted(self._usable(site), key=self._roomiest_for(demand))
        left = replicas
        for node in roomiest:
            taken = min(left, self._fits(node, demand, 0))
            self._promise(node, demand, taken)
            left -= taken
        self._slots.pop(site, None)
        self._shares.pop(site, None)
        self.spoken_for.add(site)
        return left == 0

    def free(self, node: Node, resource: str) -> int:
        """What is left of a resource on a node."""
        return node.free(resource) - self._promised.get(node.name, {}).get(resource, 0)

    def _roomiest_for(self, demand: Demand) -> Callable[[Node], tuple[int, str]]:
        return lambda node: (-self._fits(node, demand, 0), node.name)

    def _promise(self, node: Node, demand: Demand, replicas: int) -> None:
        promised = self._promised.setdefault(node.name, {})
        for resource, amount in demand:
            promised[resource] = promised.get(resource, 0) + amount * replicas

    def _fits(self, node: Node, demand: Demand, headroom_percent: int) -> int:
        return max(0, min(self._room(node, *asked, headroom_percent) // asked[1] for asked in demand if asked[1] > 0))

    def _room(self, node: Node, resource: str, _amount: int, headroom_percent: int) -> int:
        headroom = headroom_percent * node.allocatable.get(resource, 0) // 100 if resource in PACKED else 0
        return self.free(node, resource) - headroom

    def _share_after(self, node: Node, asked: dict[str, int]) -> float:
        return min(
            max(0, self.free(node, resource) - asked.get(resource, 0)) / max(1, node.allocatable.get(resource, 0))
            for resource in PACKED
        )
