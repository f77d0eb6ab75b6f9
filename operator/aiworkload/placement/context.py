# SPDX-License-Identifier: Apache-2.0
"""One candidate in full, as explanations and decisions about single workloads see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from aiworkload.api.workload import Variant
from aiworkload.placement.advice import Advised
from aiworkload.placement.capacity import Demand
from aiworkload.placement.columns import HARDWARE
from aiworkload.placement.cost import egress_per_hour
from aiworkload.placement.crossing import Crossing, crossings
from aiworkload.placement.family import Hardware
from aiworkload.placement.latency import Clients, PathState, Reach
from aiworkload.placement.needs import Needs, VariantNeeds
from aiworkload.placement.world import Location, World
from aiworkload.snapshot.workload import Assignment, Placement, Workload


@dataclass(frozen=True)
class Asking:
    """A workload with what all of its candidates share."""

    world: World
    needs: Needs
    clients: Clients
    """Those that count: at sites in contact, or all when every one is cut off."""
    reserved: Mapping[Assignment, bool]
    """For each standing placement that waits for nodes: whether there is room."""
    advised: Advised | None = None
    """What the solver of all workloads together says to it."""

    @property
    def workload(self) -> Workload:
        """The workload itself."""
        return self.needs.workload

    @property
    def target_microseconds(self) -> int | None:
        """The latency target; None: none is set."""
        return round(self.needs.target) if self.needs.has_target else None

    @property
    def standing(self) -> Mapping[Assignment, Placement]:
        """What stands, without what is being deleted."""
        return self.needs.standing

    @property
    def homes(self) -> frozenset[str]:
        """Sites that it was driven from and may return to."""
        return self.needs.homes

    @property
    def serves_everywhere(self) -> bool:
        """Whether each client site is served by a replica of its own."""
        return self.needs.everywhere

    @cached_property
    def demands(self) -> Mapping[str, Demand]:
        """By variant."""
        return {variant.name: variant.demand for variant in self.needs.variants}

    @cached_property
    def client_sites(self) -> frozenset[str]:
        """Names of all client sites, those that are cut off included."""
        return frozenset(site for site, _ in self.needs.clients)


@dataclass(frozen=True, slots=True)
class Context:
    """One candidate."""

    asking: Asking
    assignment: Assignment
    location: Location
    variant: Variant
    needs: VariantNeeds
    reach: Reach
    hardware: Hardware
    """What would compute here."""

    @property
    def compute(self) -> int | None:
        """Microseconds of one inference; None: nobody told."""
        found = self.needs.compute[HARDWARE.index(self.hardware)]
        return None if found != found else round(found)  # noqa: PLR0124 - NaN alone differs from itself

    @property
    def placement(self) -> Placement | None:
        """What stands there already."""
        return self.asking.standing.get(self.assignment)

    @property
    def demand(self) -> Demand:
        """What one replica asks for."""
        return self.needs.demand

    @property
    def stands(self) -> bool:
        """Whether the workload stands there with this variant."""
        return self.assignment in self.asking.standing

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """The links that its clients' traffic would cross."""
        return crossings(self.asking.needs, self.reach, self.assignment.site, self.asking.world.load)

    @property
    def standing_crossings(self) -> tuple[Crossing, ...]:
        """The same before anything was promised in this cycle."""
        return crossings(self.asking.needs, self.reach, self.assignment.site, self.asking.world.standing_load)


def hourly_cost(context: Context) -> Decimal:
    """What a candidate costs in an hour with all its replicas."""
    spec, site = context.asking.workload.spec, context.location.site
    nodes = context.asking.world.hourly_node_cost(site.name, context.demand, spec.scaling.min_replicas)
    distant = () if context.asking.serves_everywhere else spec.clients
    return nodes + egress_per_hour(site, distant, spec.requirements.traffic)


def ask(world: World, needs: Needs, reserved: Mapping[Assignment, bool], advised: Advised | None = None) -> Asking:
    """Everything that a workload's candidates share."""
    in_contact = tuple(client for client in needs.clients if not world.is_cut(client[0]))
    return Asking(world, needs, in_contact or needs.clients, reserved, advised)


def context_at(asking: Asking, where: Assignment, hardware: Hardware) -> Context | None:
    """One candidate's context; None when there is no such site or variant."""
    variant = next((v for v in asking.workload.spec.variants if v.name == where.variant), None)
    location = asking.world.locations.get(where.site)
    if variant is None or location is None:
        return None
    needs = next(found for found in asking.needs.variants if found.name == where.variant)
    return Context(asking, where, location, variant, needs, reach(asking, where.site), hardware)


def reach(asking: Asking, site: str) -> Reach:
    """A site as the workload's clients see it; a replica at every client site serves its own clients only."""
    if not asking.serves_everywhere:
        return asking.world.reach(site, asking.clients)
    return asking.world.reach(site, tuple(client for client in asking.clients if client[0] == site))


def latency_is_unknown(context: Context) -> bool:
    """Whether a target is set that cannot be judged here because of a path that is unknown."""
    return context.asking.target_microseconds is not None and context.reach.state is PathState.UNKNOWN
