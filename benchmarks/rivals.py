# SPDX-License-Identifier: Apache-2.0
"""Rivals in the form of `decide`: the same snapshot, the same kind of plan, the same replay around them.

All of them place a workload once, when it comes, and leave it there; what finds no room is asked for again whenever a
cycle runs. All respect what the owner rules out (tiers, selector, privacy), as node affinity would, and all may fill a
node to the last millicore, while the engine leaves its headroom free.

- `kube_scheduler`: filters NodeUnschedulable, TaintToleration (no taint is tolerated), NodeAffinity, NodeResourcesFit;
  scores LeastAllocated (CPU and memory, equal weights) and BalancedAllocation, both of weight 1, on requests with the
  new pod counted, whole points, as in its default profile. Of equal nodes it takes one at random; here the first by
  name.
  What else its profile scores is the same for every node here: ImageLocality (no node has the image), InterPodAffinity
  (there is none), NodeAffinity (required only), TaintToleration (no PreferNoSchedule taint), PodTopologySpread (its
  default constraints spread the pods of one Service, and each has one). It samples nodes only from 100 on. A pod's site
  is its node's. Queue: priority, then age.
- `always_cloud`: the cloud with the lowest round trip to the clients as last measured, if it has room and is allowed;
  else the next cloud; a workload that no cloud may take goes where `always_edge` puts it.
- `always_edge`: the edge site with the most requests of its own, then by distance in round trips; else gateways,
  then clouds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from aiworkload.api.quantity import resources
from aiworkload.api.requirements import Boundary
from aiworkload.api.serving import Tier
from aiworkload.placement.plan import Decision, DecisionReason, Plan
from aiworkload.placement.policy import Policy
from aiworkload.simulation.scenario import Scenario, ScenarioWorkload
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, Workload

MAX_NODE_SCORE: Final = 100
_SCORED: Final = ("cpu", "memory")
_TO_TIER: Final = {Tier.EDGE: 0, Tier.FOG: 1, Tier.CLOUD: 2}

Requests = Mapping[str, int]


@dataclass(slots=True)
class Room:
    """What each node has promised, with what was placed in this very cycle."""

    nodes: Mapping[str, Node]
    promised: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])

    def of(self, node: Node, resource: str) -> int:
        """Requested of a node in all."""
        return node.requested.get(resource, 0) + self.promised.get(node.name, {}).get(resource, 0)

    def fits(self, node: Node, asked: Requests) -> bool:
        """NodeResourcesFit, NodeUnschedulable, TaintToleration and the node lifecycle's own taint."""
        tainted = any(taint.effect in ("NoSchedule", "NoExecute") for taint in node.taints)
        if not node.ready or node.unschedulable or tainted:
            return False
        return all(self.of(node, name) + amount <= node.allocatable.get(name, 0) for name, amount in asked.items())

    def take(self, node: Node, asked: Requests) -> None:
        """Promise it."""
        promised = self.promised.setdefault(node.name, {})
        for name, amount in asked.items():
            promised[name] = promised.get(name, 0) + amount


def requests_of(workload: Workload) -> Requests:
    """Of one pod of the workload's only variant."""
    (variant,) = workload.spec.variants
    return {"pods": 1, **resources(variant.resources.requests if variant.resources else {})}


def allowed_sites(workload: Workload, sites: Iterable[Site], regions: Mapping[str, str]) -> list[Site]:
    """What the owner does not rule out: tiers, selector and privacy, as node affinity would say it."""
    spec = workload.spec
    privacy, clients = spec.requirements.privacy, [client.site for client in spec.clients]
    homes = set(privacy.regions or [regions[client] for client in clients if regions.get(client)])
    named = set(privacy.sites or clients)

    def within(site: Site) -> bool:
        match privacy.boundary:
            case Boundary.ANYWHERE:
                return True
            case Boundary.SITE:
                return site.name in named
            case Boundary.PREMISES:
                return site.spec.region in homes and site.spec.tier is not Tier.CLOUD
            case _:
                return site.spec.region in homes

    selected = spec.placement.site_selector.match_labels.items()
    return [
        site
        for site in sites
        if site.spec.tier in spec.placement.tiers and selected <= site.labels.items() and within(site)
    ]


def kube_points(node: Node, room: Room, asked: Requests) -> int:
    """LeastAllocated plus BalancedAllocation, 0 to 200, each in whole points as kube-scheduler counts them."""
    least, shares = 0, list[float]()
    for name in _SCORED:
        capacity, wanted = node.allocatable.get(name, 0), room.of(node, name) + asked.get(name, 0)
        least += (capacity - wanted) * MAX_NODE_SCORE // capacity if wanted <= capacity and capacity else 0
        shares.append(min(1.0, wanted / capacity) if capacity else 1.0)
    spread = abs(shares[0] - shares[1]) / 2
    return least // len(_SCORED) + int((1 - spread) * MAX_NODE_SCORE)


Choose = Callable[[Workload, list[Site], Room, Snapshot], Node | None]
"""Of the allowed sites, a node with room; None: there is none."""


def _kube(workload: Workload, sites: list[Site], room: Room, snapshot: Snapshot) -> Node | None:
    asked = requests_of(workload)
    fitting = [node for site in sites for node in snapshot.nodes_of(site.name) if room.fits(node, asked)]
    return min(fitting, key=lambda node: (-kube_points(node, room, asked), node.name), default=None)


def _cloud(workload: Workload, sites: list[Site], room: Room, snapshot: Snapshot) -> Node | None:
    clouds = [site for site in sites if site.spec.tier is Tier.CLOUD]
    near = sorted(clouds, key=lambda site: (_distance(workload, site, snapshot), site.name))
    return _first_with_room(workload, near, room, snapshot) or _edge(workload, sites, room, snapshot)


def _edge(workload: Workload, sites: list[Site], room: Room, snapshot: Snapshot) -> Node | None:
    own = {client.site: client.requests_per_second for client in workload.spec.clients}
    near = sorted(
        sites,
        key=lambda site: (
            _TO_TIER[site.spec.tier],
            -own.get(site.name, 0),
            _distance(workload, site, snapshot),
            site.name,
        ),
    )
    return _first_with_room(workload, near, room, snapshot)


def _first_with_room(workload: Workload, sites: Iterable[Site], room: Room, snapshot: Snapshot) -> Node | None:
    asked = requests_of(workload)
    return next((n for site in sites for n in snapshot.nodes_of(site.name) if room.fits(n, asked)), None)


def _distance(workload: Workload, site: Site, snapshot: Snapshot) -> Decimal:
    """Sum of the clients' round trips in microseconds, each weighted by its requests; what is unknown is far."""
    total = Decimal(0)
    for client in workload.spec.clients:
        link = None if client.site == site.name else snapshot.link(client.site, site.name)
        known = link.rtt_p50_microseconds if link is not None else None
        away = 0 if client.site == site.name else 60_000_000 if known is None else known
        total += Decimal(away) * client.requests_per_second
    return total


@dataclass(frozen=True, slots=True)
class PlaceOnce:
    """`decide` that places each workload once by `choose`, and never moves it."""

    choose: Choose

    def __call__(self, snapshot: Snapshot, policy: Policy, now: float) -> Plan:
        """One cycle."""
        del policy
        room = Room(snapshot.nodes)
        regions = {site.name: site.spec.region for site in snapshot.sites.values()}
        queue = sorted(snapshot.workloads.values(), key=lambda w: (-w.priority, w.created_at, w.key))
        for workload in queue:
            for placement in workload.placements:
                self._hold(workload, placement.site, sum(pod.node is None for pod in placement.pods), (room, snapshot))
        decisions = {workload.key: self._decision(workload, room, snapshot, regions) for workload in queue}
        return Plan(decided_at=now, decisions=decisions, seen=snapshot)

    @staticmethod
    def _hold(workload: Workload, site: str, waiting: int, world: tuple[Room, Snapshot]) -> None:
        """Room for pods of what stands that are not bound yet."""
        room, snapshot = world
        asked = requests_of(workload)
        for _ in range(waiting):
            node = next((node for node in snapshot.nodes_of(site) if room.fits(node, asked)), None)
            if node is not None:
                room.take(node, asked)

    def _decision(self, workload: Workload, room: Room, snapshot: Snapshot, regions: Mapping[str, str]) -> Decision:
        standing = tuple(placement.assignment for placement in workload.placements if not placement.deleting)
        if standing:
            return Decision(workload.key, DecisionReason.STAYS, "it was placed once", standing)
        node = self.choose(workload, allowed_sites(workload, snapshot.sites.values(), regions), room, snapshot)
        if node is None or node.site is None:
            return Decision(workload.key, DecisionReason.INFEASIBLE, "no node has room")
        room.take(node, requests_of(workload))
        where = Assignment(node.site, workload.spec.variants[0].name)
        return Decision(workload.key, DecisionReason.PLACED, f"{node.name} has room", (where,))


kube_scheduler: Final = PlaceOnce(_kube)
always_cloud: Final = PlaceOnce(_cloud)
always_edge: Final = PlaceOnce(_edge)

_NO_RULES: Final = {
    "violation_seconds": 1,
    "min_dwell_seconds": 0,
    "min_gain_points": 1,
    "max_moves_per_hour": 1_000_000,
    "failback_seconds": 1,
}
"""As little as the API allows; the budget of moves beyond what it allows."""


def without_stability(scenario: Scenario) -> Scenario:
    """The same scenario with the engine's stability rules as good as off: windows 1 s, no dwell, gain 1, no budgets."""
    loose = {
        "maxMovesPerHour": 1e9,
        "maxForcedMovesPerCycle": 1e9,
        "breakerSuspectPercent": 100.0,
        "warmupSeconds": 0.0,
    }
    return scenario.model_copy(
        update={
            "workloads": tuple(_loosened(workload) for workload in scenario.workloads),
            "policy": {**scenario.policy, **loose},
        }
    )


def _loosened(workload: ScenarioWorkload) -> ScenarioWorkload:
    migration = workload.spec.migration.model_copy(update=_NO_RULES)
    return workload.model_copy(update={"spec": workload.spec.model_copy(update={"migration": migration})})
