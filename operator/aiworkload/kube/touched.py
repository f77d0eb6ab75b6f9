# SPDX-License-Identifier: Apache-2.0
"""Whose facts changed since they were last looked at: what a snapshot costs is what this names."""

from dataclasses import dataclass, field

from aiworkload.snapshot.workload import WorkloadKey


@dataclass(eq=False, slots=True, weakref_slot=True)
class Touched:
    """Names of what came, changed or went, filled by the store for one follower and emptied by it."""

    nodes: set[str] = field(default_factory=set[str])
    """Their own facts, or the sum of what they have promised."""
    reports: set[str] = field(default_factory=set[str])
    sites: set[str] = field(default_factory=set[str])
    workloads: set[WorkloadKey] = field(default_factory=set[WorkloadKey])
    """Their own objects: the AIWorkload, its Deployments, Service and pods."""
    priority_classes: bool = False
    """Whether any did; there are few."""

    def take(self) -> "Touched":
        """All that was named until now; from here on it is empty."""
        taken = Touched(self.nodes, self.reports, self.sites, self.workloads, self.priority_classes)
        self.nodes, self.reports, self.sites, self.workloads = set(), set(), set(), set()
        self.priority_classes = False
        return taken
