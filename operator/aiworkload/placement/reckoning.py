# SPDX-License-Identifier: Apache-2.0
"""Everything that is reckoned of a judged snapshot before anything is decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from aiworkload.placement.changes import Expiries
from aiworkload.placement.columns import Columns
from aiworkload.placement.connectivity import Dues, judged
from aiworkload.placement.holders import Holders
from aiworkload.placement.layers import Situation
from aiworkload.placement.needs import Needs, needs_of
from aiworkload.placement.policy import Policy
from aiworkload.placement.scoring import Scored, scored
from aiworkload.placement.ways import Way, neighbours, way_of
from aiworkload.placement.whereabouts import Whereabouts
from aiworkload.placement.world import Load, World
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import Assignment, WorkloadKey

_ALWAYS: Final = frozenset({"cpu", "memory", "pods"})
"""Resources that are counted even when nobody asks for them: headroom and shares are of these."""

Reserved = Mapping[WorkloadKey, Mapping[Assignment, bool]]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A judged snapshot in the engine's terms."""

    source: Snapshot
    """As it was taken."""
    seen: Snapshot
    """With each site's connectivity judged."""
    policy: Policy
    expiries: Expiries
    dues: Dues
    needs: Mapping[WorkloadKey, Needs]
    """In the order in which they are decided."""
    columns: Columns
    near: Mapping[str, frozenset[str]]
    """For each site the others that a link joins it to."""
    ways: Mapping[str, Way]
    """By client site."""
    whereabouts: Whereabouts
    """Which workloads a place concerns."""
    loads: Mapping[WorkloadKey, Mapping[tuple[str, str], int]]
    """Each workload's part of the load on links."""
    load: Load
    scored: Mapping[WorkloadKey, Scored]
    holders: Holders

    @classmethod
    def of(cls, source: Snapshot, policy: Policy) -> tuple[Self, World, Reserved]:
        """Reckon anew, and reserve room for what stands without a node before anybody new is given any."""
        seen = judged(source, policy)
        needs = in_turn(needs_of(w, policy) for w in seen.workloads.values() if not w.deleting)
        columns = Columns.of(seen, resources_of(needs.values()), policy.headroom_percent)
        near = neighbours(seen.links)
        whereabouts, geography = Whereabouts.of(needs), columns.geography
        ways = {name: way_of(name, near.get(name, ()), seen, geography, policy) for name in whereabouts.clients}
        loads = {key: found for key, asked in needs.items() if (found := load_of(asked))}
        load = total(loads.values())
        world = World(seen, policy, columns, load)
        reserved = reserved_in(world, needs, whereabouts)
        situation = Situation(ways, load, cramped_of(reserved))
        results = {asked.workload.key: one for asked, one in scored(list(needs.values()), columns, situation)}
        reckoning = cls(
            source=source,
            seen=seen,
            policy=policy,
            expiries=Expiries.of(seen),
            dues=Dues.of(seen, policy),
            needs=needs,
            columns=columns,
            near=near,
            ways=ways,
            whereabouts=whereabouts,
            loads=loads,
            load=load,
            scored=results,
            holders=Holders.of(needs, results, columns),
        )
        return reckoning, world, reserved

    def situation(self, reserved: Reserved) -> Situation:
        """What the weather is like for all workloads together."""
        return Situation(self.ways, self.load, cramped_of(reserved))


def reserved_in(world: World, needs: Mapping[WorkloadKey, Needs], whereabouts: Whereabouts) -> Reserved:
    """What is reserved in a world for replicas without a node, before anybody new is given any room."""
    first = sorted(whereabouts.waiting, key=whereabouts.turn.__getitem__)
    return {key: reserve_standing(world, needs[key]) for key in first}


def in_turn(needs: Iterable[Needs]) -> Mapping[WorkloadKey, Needs]:
    """In the order in which they are decided."""
    return {asked.workload.key: asked for asked in sorted(needs, key=lambda asked: asked.turn)}


def resources_of(needs: Iterable[Needs]) -> tuple[str, ...]:
    """Every resource that any workload asks for."""
    asked = {name for found in needs for variant in found.variants for name, _ in variant.demand}
    return tuple(sorted(_ALWAYS | asked))


def load_of(needs: Needs) -> Mapping[tuple[str, str], int]:
    """KiB a second over each (client site, site) for what the workload serves now.

    A workload at several sites counts by the assignment of clients that its status tells. What stands before it has a
    Service is about to serve.
    """
    if not needs.kibibytes or needs.everywhere:
        return {}
    rates = dict(needs.clients)
    found: dict[tuple[str, str], int] = {}
    for site, clients in _served(needs):
        for client in clients:
            if client != site and client in rates:
                found[(client, site)] = needs.kibibytes * rates[client]
    return found


def _served(needs: Needs) -> Iterable[tuple[str, Iterable[str]]]:
    workload = needs.workload
    if not needs.several:
        serving = workload.placements if workload.service is None else workload.serving
        return ((placement.site, (site for site, _ in needs.clients)) for placement in serving)
    published = needs.workload.published.placements if needs.workload.published else ()
    return ((placement.site, placement.clients) for placement in published)


def total(loads: Iterable[Mapping[tuple[str, str], int]]) -> Load:
    """All loads together."""
    found: dict[tuple[str, str], int] = {}
    for load in loads:
        for ends, kibibytes in load.items():
            found[ends] = found.get(ends, 0) + kibibytes
    return found


def reserve_standing(world: World, needs: Needs) -> Mapping[Assignment, bool]:
    """Room for the replicas that stand but have no node yet."""
    known = ((where, demand, count) for where, demand, count in needs.unbound if where.site in world.locations)
    return {where: world.ledger.reserve(where.site, demand, count) for where, demand, count in known}


def cramped_of(reserved: Reserved) -> frozenset[tuple[WorkloadKey, Assignment]]:
    """Standing placements whose waiting replicas find no room."""
    return frozenset((key, where) for key, fits in reserved.items() for where, fit in fits.items() if not fit)
