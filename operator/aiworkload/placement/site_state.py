# SPDX-License-Identifier: Apache-2.0
"""The state machine of a site's connectivity: what was published, what three witnesses say now, and what follows.

The witnesses are the age of the newest report, the kubelets' Leases (with what Kubernetes makes of them: ready or not),
and what other sites' probes say. One silent witness is not a cut: an agent may have crashed while the site serves on.
So a cut needs two, and a kubelet whose Lease goes on beating contradicts any number: it is in touch with the control
plane, whatever agents and probes say. docs/connectivity.md draws the transitions; a test holds the drawing to this.
"""

from dataclasses import dataclass
from typing import Final

from aiworkload.api.site import Connectivity
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.pulse import Pulse
from aiworkload.snapshot.site import Site

CUT: Final = frozenset({Connectivity.DISCONNECTED, Connectivity.LOST})
LATE_SHARE: Final = 0.5
"""Of a report's validity: an agent writes at least every 0.4 of it (`agent.report`), a tenth is for the way. Ours."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is seen of one site now."""

    now: float
    late_at: float | None
    """When its newest report is, or was, late; None: it never reported."""
    last_report_at: float | None = None
    ready: int = 0
    nodes: int = 0
    peers_reaching: int = 0
    """Other sites that get answers from it."""
    peers_losing: int = 0
    """Other sites that lose it, and do not merely lose touch themselves (`testimony`)."""
    pulse: Pulse = Pulse.ABSENT
    """Of its kubelets together."""

    @property
    def reported(self) -> bool:
        """Whether it has an agent that ever wrote."""
        return self.late_at is not None

    @property
    def late(self) -> bool:
        """Whether a report is missing."""
        return self.late_at is not None and self.now > self.late_at

    @property
    def no_node_ready(self) -> bool:
        """Whether it has nodes, and Kubernetes counts on none of them."""
        return self.nodes > 0 and self.ready == 0

    @property
    def all_peers_lose_it(self) -> bool:
        """Whether other sites lose it, and none gets an answer."""
        return self.peers_losing > 0 and self.peers_reaching == 0

    @property
    def impaired(self) -> bool:
        """Whether anybody misses anything of it."""
        return self.peers_losing > 0 or self.ready < self.nodes


@dataclass(frozen=True, slots=True)
class Memory:
    """What was published; a site that was never judged counts as Connected from now on."""

    state: Connectivity | None
    since: float


def late_at(site: Site, policy: Policy) -> float | None:
    """When the site's newest report is late: by its own word of how long it is good for, and never before the policy's.

    None: it never reported.
    """
    if site.last_report_at is None:
        return None
    return site.last_report_at + max(policy.disconnected_seconds, LATE_SHARE * site.report_valid_seconds)


def next_state(memory: Memory, seen: Evidence, policy: Policy) -> Connectivity:
    """What the site is from now on."""
    if _is_cut(memory, seen, policy):
        return Connectivity.LOST if _is_lost(memory, seen, policy) else Connectivity.DISCONNECTED
    if memory.state in CUT:
        return Connectivity.DEGRADED
    if seen.late:
        return memory.state or Connectivity.CONNECTED
    return _in_contact(memory, seen, policy)


def _is_cut(memory: Memory, seen: Evidence, policy: Policy) -> bool:
    if seen.pulse is Pulse.BEATING or not _seems_cut(memory, seen, policy):
        return False
    return seen.pulse is not Pulse.LISTENING or memory.state in CUT


def _seems_cut(memory: Memory, seen: Evidence, policy: Policy) -> bool:
    missed = seen.no_node_ready or seen.all_peers_lose_it
    if seen.reported:
        return seen.late and (missed or seen.pulse is Pulse.SILENT)
    if seen.nodes == 0 or memory.state in CUT:
        return missed
    return seen.no_node_ready and not _may_be_starting(memory, seen, policy)


def _may_be_starting(memory: Memory, seen: Evidence, policy: Policy) -> bool:
    """Nodes that were never seen ready may be joining just now: that is no cut yet."""
    if memory.state is Connectivity.DEGRADED:
        return seen.now - memory.since < policy.disconnected_seconds
    return memory.state is None


def _is_lost(memory: Memory, seen: Evidence, policy: Policy) -> bool:
    """Nobody has heard of it for so long that it is not to be counted on; a machine that answers others is not lost."""
    if memory.state not in CUT or seen.peers_reaching:
        return False
    began = silent_since(memory.since, seen.last_report_at, seen.late_at)
    return memory.state is Connectivity.LOST or seen.now - began >= policy.lost_seconds


def silent_since(cut_at: float, last_report_at: float | None, late_at: float | None) -> float:
    """Since when a site that was found cut off has been silent.

    That is since its last report, whose absence was noticed only when it was late; but an agent that had been dead for
    long before says nothing about when the kubelets fell silent.
    """
    if last_report_at is None or late_at is None:
        return cut_at
    return min(cut_at, max(last_report_at, cut_at - (late_at - last_report_at)))


def _in_contact(memory: Memory, seen: Evidence, policy: Policy) -> Connectivity:
    if seen.impaired:
        return Connectivity.DEGRADED
    if memory.state is not Connectivity.DEGRADED:
        return Connectivity.CONNECTED
    lasting = seen.now - memory.since >= policy.reconnected_seconds
    again = seen.last_report_at is None or seen.last_report_at > memory.since
    return Connectivity.CONNECTED if lasting and again else Connectivity.DEGRADED
