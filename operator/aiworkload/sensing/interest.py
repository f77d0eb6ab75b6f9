# SPDX-License-Identifier: Apache-2.0
"""What workloads make worth measuring: the paths from their clients to where they stand, and to where they may go.

Where a workload may go is said here as widely as the owner says it: tier, labels, boundary. What changes from minute
to minute (room, prices, whether a node is ready) is not asked: a path is measured before it is needed. A test holds
this against the engine's own filters: no candidate that they let pass is left out here.
"""

from dataclasses import dataclass

import numpy as np

from aiworkload.api.workload import AIWorkloadSpec, Boundary, OfflineMode, Tier
from aiworkload.sensing.ground import TIERS, Bools, Ground
from aiworkload.snapshot.workload import Workload


@dataclass(frozen=True, slots=True)
class Rule:
    """Where an owner lets a workload go; many workloads share one."""

    tiers: frozenset[Tier]
    labels: frozenset[tuple[str, str]]
    boundary: Boundary
    regions: frozenset[str] = frozenset()
    """Read for Region and Premises."""
    sites: frozenset[str] = frozenset()
    """Read for Site: the allowed ones. For Region and Premises without regions: the client sites."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What one workload asks of the senses."""

    clients: frozenset[str]
    standing: frozenset[str]
    """Sites where a placement stands, is being prepared, or is leaving."""
    rule: Rule | None
    """None: it goes nowhere else than to its clients."""
    milliseconds: float = float("inf")
    """Its target; infinite without one. What computing takes of it is another for each place."""


def interest_of(workload: Workload) -> Interest | None:
    """None when no path matters to it."""
    spec = workload.spec
    clients = frozenset(client.site for client in spec.clients)
    if not clients or workload.deleting:
        return None
    standing = frozenset(placement.site for placement in workload.placements)
    alone = spec.requirements.offline.mode is OfflineMode.REQUIRED
    latency = spec.requirements.latency
    target = float(latency.p95_milliseconds) if latency else float("inf")
    return Interest(clients, standing, None if alone else _rule(spec, clients), target)


def _rule(spec: AIWorkloadSpec, clients: frozenset[str]) -> Rule:
    of_variants = {tier for variant in spec.variants for tier in variant.tiers}
    tiers = frozenset(spec.placement.tiers) & of_variants
    labels = frozenset(spec.placement.site_selector.match_labels.items())
    privacy = spec.requirements.privacy
    match privacy.boundary:
        case Boundary.ANYWHERE:
            return Rule(tiers, labels, privacy.boundary)
        case Boundary.SITE:
            return Rule(tiers, labels, privacy.boundary, sites=frozenset(privacy.sites) or clients)
        case _:
            regions = frozenset(privacy.regions)
            return Rule(tiers, labels, privacy.boundary, regions, frozenset() if regions else clients)


class Candidates:
    """Which sites a rule lets in, each rule reckoned once."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._found: dict[Rule, Bools] = {}

    def of(self, rule: Rule) -> Bools:
        """[S] true where it may go."""
        found = self._found.get(rule)
        if found is None:
            found = self._found[rule] = self._reckon(rule)
        return found

    def _reckon(self, rule: Rule) -> Bools:
        ground = self._ground
        found = ground.hosting & np.isin(ground.tiers, [TIERS[tier] for tier in rule.tiers])
        if rule.labels:
            found &= np.array([rule.labels <= labels.items() for labels in ground.labels], np.bool_)
        if rule.boundary is Boundary.SITE:
            return found & ground.mask(rule.sites)
        if rule.boundary is Boundary.PREMISES:
            found &= ground.tiers != TIERS[Tier.CLOUD]
        if rule.boundary is not Boundary.ANYWHERE:
            found &= _in_regions(rule, ground)
        return found


def _in_regions(rule: Rule, ground: Ground) -> Bools:
    """Named regions, else those of the client sites and these themselves, which may be in none."""
    theirs = {int(ground.region_codes[column]) for column in ground.columns(rule.sites)}
    named = {code for region in rule.regions if (code := ground.regions.get(region)) is not None}
    inside = np.isin(ground.region_codes, sorted((named or theirs) - {-1}))
    return inside if rule.regions else inside | ground.mask(rule.sites)
