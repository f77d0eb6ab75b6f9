# SPDX-License-Identifier: Apache-2.0
"""Everything known at one moment, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.link import Link, LinkSource
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.pulse import Pulse
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import UnreadableWorkload, Workload, WorkloadKey


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of one node's NodeReport object itself; its measurements are the `links`."""

    node: str
    uid: str
    site: str | None = None
    """`spec.site`, as last told to the agent."""
    peers: tuple[tuple[str, str], ...] = ()
    """`spec.peers` as (site, endpoint), as last told to the agent."""
    endpoint: str | None = None
    """Where its agent answers probes."""
    observed_at: float | None = None
    """When its status was last seen to change; None: the agent has not written yet."""
    valid_seconds: float = 30.0
    strained: bool = False
    """Whether its machine was under such pressure, by that report, that its agent probes nobody."""

    def is_fresh(self, now: float) -> bool:
        """Whether its agent has written lately."""
        return self.observed_at is not None and now - self.observed_at <= self.valid_seconds


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The cluster as it was seen at `taken_at` (seconds since the epoch, operator's clock)."""

    taken_at: float
    sites: Mapping[str, Site] = field(default_factory=dict[str, Site])
    nodes: Mapping[str, Node] = field(default_factory=dict[str, Node])
    links: Mapping[tuple[str, str], Link] = field(default_factory=dict[tuple[str, str], Link])
    """By (from, to), as measured from `from`, or declared by it."""
    workloads: Mapping[WorkloadKey, Workload] = field(default_factory=dict[WorkloadKey, Workload])
    reports: Mapping[str, Report] = field(default_factory=dict[str, Report])
    """By node name."""
    unreadable: tuple[UnreadableWorkload, ...] = ()
    pulses: Mapping[str, Pulse] | None = None
    """By node that is in doubt: what its kubelet's Lease says; None: Leases cannot be looked at."""
    coordinates: Coordinates | None = None
    """Where sites lie in the network, for round trips that nobody has measured; None: not reckoned."""

    def nodes_of(self, site: str) -> tuple[Node, ...]:
        """The nodes of a site, in the order of their names."""
        found = self.sites.get(site)
        return tuple(self.nodes[name] for name in found.nodes if name in self.nodes) if found else ()

    def link(self, one: str, other: str) -> Link | None:
        """What is known of the path between two sites: the worse of what both ends measured.

        A fresh measurement beats a stale one, any measurement beats a declaration, and of two fresh
        measurements the one that gets no answers counts, else the slower, so that no end can make itself attractive
        alone.
        """
        ends = [found for key in ((one, other), (other, one)) if (found := self.links.get(key))]
        if not ends:
            return None
        return ends[0] if len(ends) == 1 else max(ends, key=self._credibility)

    def _credibility(self, link: Link) -> tuple[bool, bool, float, bool, int]:
        fresh = not link.is_stale(self.taken_at)
        measured = link.source is LinkSource.MEASURED
        stale_age = 0.0 if fresh else link.age(self.taken_at)
        return (measured, fresh, -stale_age, link.is_out, link.rtt_p95_microseconds or 0)
