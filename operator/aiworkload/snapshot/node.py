# SPDX-License-Identifier: Apache-2.0
"""One node: what it can take, what it has promised, and whether it may be used.

All times in this room are seconds since the epoch by the operator's clock; all CPU is in millicores, memory in
bytes, devices in pieces (`api.quantity`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Taint:
    """A node's taint, as in the node's spec."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node at one site (or at none, when no Site selects it)."""

    name: str
    site: str | None
    uid: str = ""
    ready: bool = True
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    allocatable: Mapping[str, int] = field(default_factory=dict[str, int])
    requested: Mapping[str, int] = field(default_factory=dict[str, int])
    """Sum of the requests of all pods bound here that have not ended; `pods` counts them."""
    used: Mapping[str, int] = field(default_factory=dict[str, int])
    """Live use of CPU and memory by all that runs on the machine, as its agent last reported it; empty: unknown."""

    def free(self, resource: str) -> int:
        """What is left of a resource: neither promised nor in use; never below zero."""
        taken = max(self.requested.get(resource, 0), self.used.get(resource, 0))
        return max(0, self.allocatable.get(resource, 0) - taken)
