# SPDX-License-Identifier: Apache-2.0
"""When so much looks wrong at once that what is seen is doubted, rather than acted upon.

Many suspect nodes of one tier are more often one broken switch, one bad agent or one deaf operator than many broken
places. Then only what stands at a cut-off site is moved; and when not one measurement is fresh, nothing is. What
an owner rules out rests on no measurement, so it is no business of this rule.

A node is suspect when it is not ready, when its agent has fallen silent, or when its site is Disconnected or Lost. A
Degraded site's nodes are judged each by itself: one bad link degrades a site of a hundred healthy nodes, and leaving
it for a better place is what moves are for.
"""

from collections import Counter
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
    nodes = [node for node in snapshot.nodes.values() if node.site and node.site in snapshot.sites]
    silent = {r.node for r in snapshot.reports.values() if r.observed_at is not None and not r.is_fresh(now)}
    cut = {name for name, site in snapshot.sites.items() if site.connectivity in _CUT}
    suspects = Counter(
        _tier(snapshot, node) for node in nodes if not node.ready or node.site in cut or node.name in silent
    )
    if not any(count >= FEWEST_SUSPECTS for count in suspects.values()):
        return {}
    all_nodes = Counter(_tier(snapshot, node) for node in nodes)
    return {
        tier: f"{count} of {all_nodes[tier]} {tier} nodes are not ready, silent or cut off"
        for tier, count in sorted(suspects.items())
        if count >= FEWEST_SUSPECTS and 100 * count > policy.breaker_suspect_percent * all_nodes[tier]
    }


def _tier(snapshot: Snapshot, node: Node) -> Tier:
    return snapshot.sites[str(node.site)].spec.tier


def _blind(snapshot: Snapshot, now: float) -> str | None:
    """Links that were measured once, and are not any more, from enough sites to mean the whole cluster."""
    if any(link.source is LinkSource.MEASURED and not link.is_stale(now) for link in snapshot.links.values()):
        return None
    measured = [link for link in snapshot.links.values() if link.source is LinkSource.MEASURED]
    if _few(link.from_site for link in measured):
        return None
    newest = min(link.age(now) for link in measured)
    return f"none of {len(measured)} measured links is fresh, the newest is {newest:.0f} s old"


def _few(sites: Iterable[str]) -> bool:
    return len(set(sites)) < FEWEST_WITNESSES
