# SPDX-License-Identifier: Apache-2.0
"""What a filter and a scorer see: one candidate, the workload that asks, and the world around."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from aiworkload.api.workload import OfflineMode, Variant
from aiworkload.placement.capacity import Demand, demand_of
from aiworkload.placement.cost import egress_per_hour
from aiworkload.placement.history import homes
from aiworkload.placement.latency import Clients, PathState, Reach, compute_microseconds
from aiworkload.placement.world import Location, World
from aiworkload.snapshot.workload import Assignment, Placement, Workload


@dataclass(frozen=True, slots=True)
class Asking:
    """A workload with what all of its candidates share."""

    world: World
    workload: Workload
    clients: Clients
    """Those that count: at sites in contact, or all when every one is cut off."""
    target_microseconds: int | None
    demands: Mapping[str, Demand]
    """By variant."""
    standing: Mapping[Assignment, Placement]
    homes: frozenset[str]
    """Sites that it was driven from and may return to."""
    reserved: Mapping[Assignment, bool]
    """For each standing placement: whether its replicas that are not bound yet fit."""
    serves_everywhere: bool
    """Whether each client site is served by a replica of its own."""

    @property
    def client_sites(self) -> frozenset[str]:
        """Names of all client sites, those that are cut off included."""
        return frozenset(client.site for client in self.workload.spec.clients)


@dataclass(frozen=True, slots=True)
class Context:
    """One candidate."""

    asking: Asking
    assignment: Assignment
    location: Location
    variant: Variant
    reach: Reach
    compute: int | None
    """Microseconds of one inference; None: nobody told."""
    placement: Placement | None
    """What stands there already."""

    @property
    def demand(self) -> Demand:
        """What one replica asks for."""
        return self.asking.demands[self.variant.name]

    @property
    def stands(self) -> bool:
        """Whether the workload stands there with this variant."""
        return self.placement is not None


@dataclass(frozen=True, slots=True)
class Rivals:
    """What the candidates that passed all filters have between them."""

    latency_known: bool
    """Whether for at least one of them the latency is known."""
    costs: Mapping[Assignment, Decimal]
    """What each of them, and the standing one, costs in an hour."""
    cheapest: Decimal


def hourly_cost(context: Context) -> Decimal:
    """What a candidate costs in an hour with all its replicas."""
    spec, site = context.asking.workload.spec, context.location.site
    nodes = context.asking.world.hourly_node_cost(site.name, context.demand, spec.scaling.min_replicas)
    distant = () if context.asking.serves_everywhere else spec.clients
    return nodes + egress_per_hour(site, distant, spec.requirements.traffic)


def ask(world: World, workload: Workload, reserved: Mapping[Assignment, bool]) -> Asking:
    """Everything that a workload's candidates share."""
    spec = workload.spec
    target = spec.requirements.latency
    clients = tuple((client.site, client.requests_per_second) for client in spec.clients)
    in_contact = tuple(client for client in clients if not world.is_cut(client[0]))
    return Asking(
        world=world,
        workload=workload,
        clients=in_contact or clients,
        target_microseconds=target.p95_milliseconds * 1000 if target else None,
        demands={variant.name: demand_of(variant) for variant in spec.variants},
        standing={p.assignment: p for p in workload.placements if not p.deleting},
        homes=homes(workload),
        reserved=reserved,
        serves_everywhere=spec.requirements.offline.mode is OfflineMode.REQUIRED,
    )


def reach(asking: Asking, site: str) -> Reach:
    """A site as the workload's clients see it; a replica at every client site serves its own clients only."""
    if not asking.serves_everywhere:
        return asking.world.reach(site, asking.clients)
    return asking.world.reach(site, tuple(client for client in asking.clients if client[0] == site))


def context_of(asking: Asking, location: Location, variant: Variant, seen: Reach) -> Context:
    """One candidate's context."""
    compute = compute_microseconds(variant, asking.world.policy.default_compute_milliseconds)
    where = Assignment(location.site.name, variant.name)
    return Context(asking, where, location, variant, seen, compute, asking.standing.get(where))


def latency_is_unknown(context: Context) -> bool:
    """Whether a target is set that cannot be judged here because of a path that is unknown."""
    return context.asking.target_microseconds is not None and context.reach.state is PathState.UNKNOWN
