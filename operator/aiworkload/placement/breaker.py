# SPDX-License-Identifier: Apache-2.0
"""When so much looks wrong at once that what is seen is doubted, rather than acted upon.

Many suspect nodes of one tier are more often one broken switch, one bad agent or one deaf operator than many broken
places. Then only what stands at a cut-off site is moved; and when not one measurement is fresh, nothing is. What
an owner rules out rests on no measurement, so it is no business of this rule.

A node is suspect when it is not ready, when its agent has fallen silent, or when its site is Disconnected or Lost. A
Degraded site's nodes are judged each by itself: one bad link degrades a site of a hundred healthy nodes, and leaving
it for a better place is what moves are for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiworkload.api.serving import Tier
from aiworkload.api.site import Connectivity
from aiworkload.api.workload_status import MoveTrigger
from aiworkload.placement.policy import Policy
from aiworkload.placement.stability import Hold
from aiworkload.snapshot.link import LinkSource
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.snapshot import Snapshot

FEWEST_SUSPECTS: Final = 3
"""Fewer are no mass failure, whatever their share: one node of one is a broken node. kube-controller-manager asks as
much before it calls a zone disrupted (`notReadyNodes > 2`)."""

FEWEST_WITNESSES: Final = 2
"""Sites that measure, below which silence everywhere is just that site's silence. Ours."""

_CUT: Final = frozenset({Connectivity.DISCONNECTED, Connectivity.LOST})
_RESCUES: Final = frozenset({MoveTrigger.SITE_DISCONNECTED, MoveTrigger.SITE_LOST})


@dataclass(frozen=True, slots=True)
class Breaker:
    """What may still move."""

    suspects: Mapping[Tier, str] = field(default_factory=dict[Tier, str])
    """By tier that is doubted: how many of its nodes are suspect, as a clause."""
    blind: str | None = None
    """Why nothing may move at all, as a clause; None: something is measured."""

    def hold(self, trigger: MoveTrigger, *tiers: Tier) -> Hold | None:
        """What holds a move between places of these tiers back; it ends when the facts change."""
        if trigger is MoveTrigger.SPEC_CHANGED:
            return None
        if self.blind is not None:
            return Hold(f"MeasurementsStale ({self.blind})", blind=True)
        doubts = [self.suspects[tier] for tier in tiers if tier in self.suspects]
        return Hold(f"breakerSuspectPercent ({doubts[0]})") if doubts and trigger not in _RESCUES else None


def state(snapshot: Snapshot, policy: Policy, now: float) -> Breaker:
    """The breaker as a judged snapshot sets it."""
    return Breaker(_suspects(snapshot, policy, now), _blind(snapshot, now))


def _suspects(snapshot: Snapshot, policy: Policy, now: float) -> Mapping[Tier, str]:
    by_tier: dict[Tier, list[bool]] = {}
    for node in snapshot.nodes.values():
        site = snapshot.sites.get(node.site) if node.site else None
        if site is not None:
            suspect = site.connectivity in _CUT or _is_suspect(snapshot, node, now)
            by_tier.setdefault(site.spec.tier, []).append(suspect)
    return {
        tier: f"{sum(nodes)} of {len(nodes)} {tier} nodes are not ready, silent or cut off"
        for tier, nodes in sorted(by_tier.items())
        if sum(nodes) >= FEWEST_SUSPECTS and 100 * sum(nodes) > policy.breaker_suspect_percent * len(nodes)
    }


def _is_suspect(snapshot: Snapshot, node: Node, now: float) -> bool:
    report = snapshot.reports.get(node.name)
    silent = report is not None and report.observed_at is not None and not report.is_fresh(now)
    return silent or not node.ready


def _blind(snapshot: Snapshot, now: float) -> str | None:
    """Links that were measured once, and are not any more, from enough sites to mean the whole cluster."""
    measured = [link for link in snapshot.links.values() if link.source is LinkSource.MEASURED]
    if any(not link.is_stale(now) for link in measured) or _few(link.from_site for link in measured):
        return None
    newest = min(link.age(now) for link in measured)
    return f"none of {len(measured)} measured links is fresh, the newest is {newest:.0f} s old"


def _few(sites: Iterable[str]) -> bool:
    return len(set(sites)) < FEWEST_WITNESSES
