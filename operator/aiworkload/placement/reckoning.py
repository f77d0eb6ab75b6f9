# SPDX-License-Identifier: Apache-2.0
"""Everything that is reckoned of a judged snapshot before anything is decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from aiworkload.placement.block import Situation
from aiworkload.placement.columns import Columns
from aiworkload.placement.needs import Needs, needs_of
from aiworkload.placement.policy import Policy
from aiworkload.placement.scoring import Scored, scored
from aiworkload.placement.ways import Way, neighbours, way_of
from aiworkload.placement.world import World
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, Workload, WorkloadKey

_ALWAYS: Final = frozenset({"cpu", "memory", "pods"})
"""Resources that are counted even when nobody asks for them: headroom and shares are of these."""

Reserved = Mapping[WorkloadKey, Mapping[Assignment, bool]]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A judged snapshot in the engine's terms."""

    seen: Snapshot
    policy: Policy
    needs: Mapping[WorkloadKey, Needs]
    columns: Columns
    ways: Mapping[str, Way]
    """By client site."""
    loads: Mapping[WorkloadKey, Mapping[tuple[str, str], float]]
    """Each workload's part of the load on links."""
    load: Mapping[tuple[str, str], float]
    scored: Mapping[WorkloadKey, Scored]

    @classmethod
    def of(cls, seen: Snapshot, policy: Policy) -> tuple[Self, World, Reserved]:
        """Reckon anew, and reserve room for what stands without a node before anybody new is given any."""
        needs = {w.key: needs_of(w, policy) for w in in_order(seen.workloads.values()) if not w.deleting}
        columns = Columns.of(seen, resources_of(needs.values()), policy.headroom_percent)
        near = neighbours(seen.links)
        clients = {site for asked in needs.values() for site, _ in asked.clients}
        ways = {client: way_of(client, near.get(client, ()), seen, columns.geography, policy) for client in clients}
        loads = {key: found for key, asked in needs.items() if (found := load_of(asked))}
        load = total(loads.values())
        world = World(seen, policy, columns, load)
        reserved = {key: reserve_standing(world, asked) for key, asked in needs.items() if asked.waiting}
        situation = Situation(ways, load, cramped_of(reserved))
        results = {asked.workload.key: one for asked, one in scored(list(needs.values()), columns, situation)}
        return cls(seen, policy, needs, columns, ways, loads, load, results), world, reserved


def in_order(workloads: Iterable[Workload]) -> list[Workload]:
    """Who is decided first: the higher priority, then the older."""
    return sorted(workloads, key=lambda w: (-w.priority, w.created_at, w.key))


def resources_of(needs: Iterable[Needs]) -> tuple[str, ...]:
    """Every resource that any workload asks for."""
    asked = {name for found in needs for variant in found.variants for name, _ in variant.demand}
    return tuple(sorted(_ALWAYS | asked))


def load_of(needs: Needs) -> Mapping[tuple[str, str], float]:
    """Kilobits a second over each (client site, site) for what the workload serves now.

    A workload at several sites counts by the assignment of clients that its status tells.
    """
    if not needs.kilobits_per_second or needs.everywhere:
        return {}
    rates = dict(needs.clients)
    found: dict[tuple[str, str], float] = {}
    for site, clients in _served(needs):
        for client in clients:
            if client != site and client in rates:
                found[(client, site)] = needs.kilobits_per_second * rates[client]
    return found


def _served(needs: Needs) -> Iterable[tuple[str, Iterable[str]]]:
    if not needs.several:
        return ((placement.site, (site for site, _ in needs.clients)) for placement in needs.workload.serving)
    published = needs.workload.published.placements if needs.workload.published else ()
    return ((placement.site, placement.clients) for placement in published)


def total(loads: Iterable[Mapping[tuple[str, str], float]]) -> Mapping[tuple[str, str], float]:
    """All loads together."""
    found: dict[tuple[str, str], float] = {}
    for load in loads:
        for ends, kilobits in load.items():
            found[ends] = found.get(ends, 0.0) + kilobits
    return found


def reserve_standing(world: World, needs: Needs) -> Mapping[Assignment, bool]:
    """Room for the replicas that stand but have no node yet."""
    demands = {variant.name: variant.demand for variant in needs.variants}
    return {
        where: world.ledger.reserve(where.site, demands[where.variant], count)
        for where, count in needs.waiting
        if where.variant in demands and where.site in world.locations
    }


def cramped_of(reserved: Reserved) -> frozenset[tuple[WorkloadKey, Assignment]]:
    """Standing placements whose waiting replicas find no room."""
    return frozenset((key, where) for key, fits in reserved.items() for where, fit in fits.items() if not fit)
