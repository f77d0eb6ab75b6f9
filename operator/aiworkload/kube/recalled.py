# SPDX-License-Identifier: Apache-2.0
"""What a node measured, by its newest report and by what that does not repeat of those before.

An agent that was restarted reports at once, before it has probed anybody, and one whose task a neighbour has taken over
tells of no link any more. What was measured a moment ago is no less true for that, and without it a declared figure
would count, or nothing. So a link is kept, with its own time, until it is told anew: for as long as the agent is asked
for it, however stale it turns, or until it is stale, where the agent tells of no link at all. A bandwidth is
kept for as long as it may be believed. Another machine of the same name inherits nothing.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from aiworkload.api.node_report import LinkReport
from aiworkload.kube.projection.node import NodeFact
from aiworkload.kube.projection.report import ReportFact, felt_p95
from aiworkload.snapshot.link import Link
from aiworkload.snapshot.measured import Bandwidth

_NOTHING: Final[Mapping[str, "Told"]] = {}

Machine = tuple[str, str] | None
"""The Node's uid and what its kubelet says to run on; None: there is no such Node."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one report told of one link, with times by the operator's clock."""

    link: LinkReport
    observed_at: float
    valid_seconds: float
    bandwidth: Bandwidth | None

    def is_fresh(self, now: float) -> bool:
        """Whether its round trips may still be believed."""
        return now - self.observed_at <= self.valid_seconds

    def completed(self, before: "Told | None") -> "Told":
        """With the bandwidth that was told before, where this tells none."""
        return self if self.bandwidth or before is None else replace(self, bandwidth=before.bandwidth)

    def from_site(self, site: str) -> Link:
        """As a link from there."""
        link = self.link
        return Link(
            from_site=site,
            to_site=link.site,
            rtt_p50_microseconds=link.rtt_p50_microseconds,
            rtt_p95_microseconds=felt_p95(link),
            jitter_microseconds=link.jitter_microseconds,
            loss_basis_points=link.loss_basis_points,
            consecutive_losses=link.consecutive_losses,
            observed_at=self.observed_at,
            valid_seconds=self.valid_seconds,
        )


def machine_of(node: NodeFact | None) -> Machine:
    """What tells one machine from another that took its name."""
    return (node.metadata.uid, node.status.node_info.machine) if node else None


class Recalled:
    """By node, what earlier reports told that the newest does not. Nothing at all for most nodes."""

    def __init__(self) -> None:
        self._machines: dict[str, Machine] = {}
        """By node: where its newest report came from."""
        self._told: dict[str, dict[str, Told]] = {}
        """By node and other site."""

    @property
    def nodes(self) -> AbstractSet[str]:
        """Those of which something is kept."""
        return self._told.keys()

    def follow(self, old: ReportFact | None, new: ReportFact, heard_at: float | None, machine: Machine) -> None:
        """A report was written in place of an older one, which was heard at that time (seconds since the epoch)."""
        node = new.metadata.name
        kept = self._told.pop(node, {})
        if self._is_anothers(node, machine) or old is None or heard_at is None or old.metadata.uid != new.metadata.uid:
            return
        repeated = {link.site: link for link in new.status.links} if new.status else {}
        unrepeated = [link for link in _links(old) if _lacks(repeated.get(link.site), link.bandwidth_kilobits)]
        kept |= {link.site: _told(old, link, heard_at).completed(kept.get(link.site)) for link in unrepeated}
        wanted = {*_asked(new), *repeated} if repeated else kept.keys()
        found = {s: told for s, told in kept.items() if s in wanted and _lacks(repeated.get(s), told.bandwidth)}
        if found:
            self._told[node] = found

    def _is_anothers(self, node: str, machine: Machine) -> bool:
        """Whether a report comes from another machine than the one before; not where that Node was not known yet."""
        before = self._machines.get(node, machine)
        if machine is not None:
            self._machines[node] = machine
        return None not in {before, machine} and before != machine

    def forget(self, node: str) -> None:
        """Its NodeReport is gone."""
        self._told.pop(node, None)
        self._machines.pop(node, None)

    def of(self, report: ReportFact, heard_at: float, now: float) -> Mapping[str, Told]:
        """By other site: what a node has measured, by its newest report, which was heard at that time, or before."""
        found = {link.site: _told(report, link, heard_at) for link in _links(report)}
        kept = self._told.get(report.metadata.name, _NOTHING)
        asked, tells_nothing = _asked(report) if kept else frozenset[str](), not found
        for site, told in kept.items():
            if site in found:
                found[site] = found[site].completed(told)
            elif site in asked or (tells_nothing and told.is_fresh(now)):
                found[site] = told
        return found


def _links(report: ReportFact) -> tuple[LinkReport, ...]:
    return report.status.links if report.status else ()


def _asked(report: ReportFact) -> AbstractSet[str]:
    return {peer.site for peer in report.spec.peers}


def _lacks(newer: LinkReport | None, bandwidth: object) -> bool:
    """Whether a newer report tells no more of a link than nothing, or no bandwidth where there was one."""
    return newer is None or (bandwidth is not None and newer.bandwidth_kilobits is None)


def _told(report: ReportFact, link: LinkReport, heard_at: float) -> Told:
    kilobits, at, valid = link.bandwidth_kilobits, link.bandwidth_observed_time, link.bandwidth_valid_seconds
    bandwidth = None
    if kilobits is not None and at is not None and valid is not None:
        bandwidth = Bandwidth(kilobits, heard_at - report.age_of(at) + valid)
    valid_seconds = float(report.status.valid_seconds) if report.status else 0.0
    return Told(link, heard_at - report.age_of(link.observed_time), valid_seconds, bandwidth)
