# SPDX-License-Identifier: Apache-2.0
"""A reckoning brought up to a newer snapshot: only what a change touched is scored again.

What it gives is what `Reckoning.of` would give, but for two things: how many candidates each rule refused, and which
of more than `KEPT` are kept, are as of when a workload was last scored. A test holds the two
against each other under any sequence of changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from aiworkload.placement.changes import Changes
from aiworkload.placement.columns import Columns
from aiworkload.placement.connectivity import judged_again
from aiworkload.placement.holders import Holders
from aiworkload.placement.needs import Needs, needs_of
from aiworkload.placement.reckoning import (
    Reckoning,
    Reserved,
    clients_of,
    in_turn,
    load_of,
    resources_of,
    total,
    world_of,
)
from aiworkload.placement.room_changes import concerned, felt_at
from aiworkload.placement.scoring import scored
from aiworkload.placement.ways import Way, neighbours, way_of
from aiworkload.placement.world import World
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey

Keys = frozenset[WorkloadKey]


@dataclass(frozen=True, slots=True)
class Brought:
    """A reckoning that was brought up to date."""

    reckoning: Reckoning
    world: World
    reserved: Reserved
    touched: Keys
    """Workloads of which something is otherwise."""
    stirred: bool = True
    """Whether what the whole cluster holds back may be otherwise: a site or a node came into reach or went out of it,
    an agent fell silent or spoke again, or nothing is measured any more."""
    before: Reckoning | None = None
    """What it was brought up from; None: it is reckoned anew."""


def again(before: Reckoning, source: Snapshot) -> Brought | None:
    """Bring a reckoning up to a newer snapshot; None when the map itself has changed and all must be reckoned anew."""
    changes = Changes.between(before.source, source)
    if _is_another_map(before.source, source, changes):
        return None
    expiries = before.expiries.after(source, changes.links)
    links = changes.links | before.expiries.between(before.source.taken_at, source.taken_at)
    seen = judged_again(before.seen, source, before.policy, _doubtful(changes, links, source))
    needs = _needs(before, seen, changes)
    if not set(resources_of(needs[key] for key in changes.workloads if key in needs)) <= {*before.columns.resources}:
        return None
    columns, swayed = _columns(before, seen, changes)
    near = neighbours(seen.links) if before.seen.links.keys() != seen.links.keys() else before.near
    clients = clients_of(needs) if _is_asked_elsewhere(before, needs, changes) else before.clients
    drafted = replace(
        before, source=source, seen=seen, expiries=expiries, needs=needs, columns=columns, near=near, clients=clients
    )
    ways, reached = _ways(before, drafted, links)
    loads, load, crowded = _loads(before, drafted, changes)
    drafted = replace(drafted, ways=ways, loads=loads, load=load)
    world, reserved = world_of(seen, before.policy, columns, load, needs)
    of_clients = _keys_of(
        drafted, reached | crowded | swayed | {other for site in swayed for other in near.get(site, ())}
    )
    roomy = concerned(before.holders, before.columns, columns, changes.nodes)
    touched = changes.workloads | of_clients | _without_clients(needs, swayed) | roomy
    touched |= _standing_at(needs, swayed | felt_at(before.columns, columns, changes.nodes))
    touched |= _standing_on(needs, changes.nodes) | _open_to(before, swayed)
    return replace(
        _scored_again(before, drafted, world, reserved, frozenset(touched)),
        stirred=bool(swayed) or _turned(before, source, changes) or _is_doubted_anew(before, drafted, changes),
        before=before,
    )


def _open_to(before: Reckoning, sites: frozenset[str]) -> Keys:
    """Workloads that these sites are candidates of, or may be because nothing better than the unknown is known."""
    if not sites:
        return frozenset()
    held: set[WorkloadKey] = {key for key, found in before.scored.items() if found.blind}
    for column in before.columns.geography.column(sites):
        slots: list[int] = before.holders.at(column)[1].tolist()
        held.update(before.holders.keys[slot] for slot in slots)
    return frozenset(held)


def _scored_again(before: Reckoning, drafted: Reckoning, world: World, reserved: Reserved, touched: Keys) -> Brought:
    cramped = {key for key, fits in reserved.items() if not all(fits.values())}
    were = frozenset(key for key in before.needs if before.needs[key].waiting)
    touched = frozenset((touched | cramped | were) & drafted.needs.keys())
    situation = drafted.situation(reserved)
    results = {key: before.scored[key] for key in drafted.needs if key not in touched}
    asked = [drafted.needs[key] for key in drafted.needs if key in touched]
    results |= {needs.workload.key: found for needs, found in scored(asked, drafted.columns, situation)}
    holders = before.holders
    if touched:
        known = holders.holds(drafted.needs, touched) and before.needs.keys() == drafted.needs.keys()
        resources = drafted.columns.resources
        fresh = Holders.of(drafted.needs, results, drafted.columns) if not known else None
        holders = fresh or holders.after(drafted.needs, results, touched, resources)
    return Brought(replace(drafted, scored=results, holders=holders), world, reserved, touched)


def _is_another_map(old: Snapshot, new: Snapshot, changes: Changes) -> bool:
    """Sites or nodes came, went, or were described anew."""
    if old.sites.keys() != new.sites.keys() or old.nodes.keys() != new.nodes.keys():
        return True
    sites = (_described(old.sites[name]) != _described(new.sites[name]) for name in changes.sites)
    nodes = ((old.nodes[name], new.nodes[name]) for name in changes.nodes)
    return any(sites) or any((a.site, a.labels, a.allocatable) != (b.site, b.labels, b.allocatable) for a, b in nodes)


def _turned(before: Reckoning, source: Snapshot, changes: Changes) -> bool:
    """Whether a node got ready or ceased to be."""
    return any(before.source.nodes[name].ready is not source.nodes[name].ready for name in changes.nodes)


def _is_doubted_anew(before: Reckoning, drafted: Reckoning, changes: Changes) -> bool:
    """Whether the breaker may see otherwise by what agents say, or do not say any more."""
    was_dark = before.expiries.are_over(before.source.taken_at)
    is_dark = drafted.expiries.are_over(drafted.source.taken_at)
    if was_dark is not is_dark or (is_dark and changes.links):
        return True
    return _silent(before.source) != _silent(drafted.source)


def _silent(source: Snapshot) -> set[str]:
    now = source.taken_at
    return {r.node for r in source.reports.values() if r.observed_at is not None and not r.is_fresh(now)}


def _described(site: Site) -> tuple[object, ...]:
    return (site.spec, site.labels, site.nodes)


def _doubtful(changes: Changes, links: Iterable[tuple[str, str]], source: Snapshot) -> set[str]:
    of_nodes = {site for name in changes.nodes if (site := source.nodes[name].site)}
    return {*changes.sites, *of_nodes, *(to for _, to in links)}


def _needs(before: Reckoning, seen: Snapshot, changes: Changes) -> Mapping[WorkloadKey, Needs]:
    if not changes.workloads:
        return before.needs
    alive = {key: w for key in changes.workloads if (w := seen.workloads.get(key)) and not w.deleting}
    found = {key: needs_of(workload, before.policy) for key, workload in alive.items()}
    merged = {
        key: found.get(key, needs)
        for key, needs in before.needs.items()
        if key not in changes.workloads or key in found
    }
    merged |= found
    if all(key in before.needs and before.needs[key].turn == needs.turn for key, needs in found.items()):
        return merged
    return in_turn(merged.values())


def _columns(before: Reckoning, seen: Snapshot, changes: Changes) -> tuple[Columns, frozenset[str]]:
    """The columns as they are now, and the sites that came into reach or went out of it."""
    columns = before.columns
    if changes.nodes:
        columns = columns.with_nodes(
            [seen.nodes[name] for name in changes.nodes if name in columns.node_index], before.policy.headroom_percent
        )
    swayed = [
        site for name, site in seen.sites.items() if site.connectivity is not before.seen.sites[name].connectivity
    ]
    if swayed:
        columns = columns.with_connectivity(swayed)
    flipped = np.flatnonzero(columns.usable != before.columns.usable).tolist()
    return columns, frozenset({*(site.name for site in swayed), *(columns.geography.names[c] for c in flipped)})


def _is_asked_elsewhere(before: Reckoning, needs: Mapping[WorkloadKey, Needs], changes: Changes) -> bool:
    """Whether any workload's clients are others than before."""
    return any(_clients(before.needs.get(key)) != _clients(needs.get(key)) for key in changes.workloads)


def _clients(needs: Needs | None) -> object:
    return needs.clients if needs else ()


def _ways(
    before: Reckoning, drafted: Reckoning, links: frozenset[tuple[str, str]]
) -> tuple[Mapping[str, Way], frozenset[str]]:
    """What each client knows of the network now, and which clients know something else than before."""
    ends = {site for pair in links for site in pair}
    stale = (ends & drafted.clients.keys()) | (drafted.clients.keys() - before.ways.keys())
    if not stale and drafted.clients is before.clients:
        return before.ways, frozenset()
    geography, seen, policy = drafted.columns.geography, drafted.seen, drafted.policy
    made = {client: way_of(client, drafted.near.get(client, ()), seen, geography, policy) for client in stale}
    ways = {client: made.get(client) or before.ways[client] for client in drafted.clients}
    changed = (client for client, way in made.items() if client not in before.ways or way.differs(before.ways[client]))
    return ways, frozenset(changed)


def _loads(
    before: Reckoning, drafted: Reckoning, changes: Changes
) -> tuple[Mapping[WorkloadKey, Mapping[tuple[str, str], int]], Mapping[tuple[str, str], int], frozenset[str]]:
    """The load on links now, and the clients on whose links it is another."""
    new = {key: load_of(drafted.needs[key]) for key in changes.workloads if key in drafted.needs}
    moved = {key for key in changes.workloads if before.loads.get(key, {}) != new.get(key, {})}
    if not moved:
        return before.loads, before.load, frozenset()
    loads = {key: load for key, load in {**before.loads, **new}.items() if load and key in drafted.needs}
    load = total(loads.values())
    differs = {ends for key in moved for ends in (*before.loads.get(key, ()), *new.get(key, ()))}
    return (
        loads,
        load,
        frozenset(client for client, site in differs if load.get((client, site)) != before.load.get((client, site))),
    )


def _keys_of(reckoning: Reckoning, clients: Iterable[str]) -> Keys:
    return frozenset(key for client in clients for key in reckoning.clients.get(client, ()))


def _without_clients(needs: Mapping[WorkloadKey, Needs], swayed: frozenset[str]) -> Keys:
    """Workloads that any site in contact will do for, when one came or went."""
    return frozenset(key for key, asked in needs.items() if not asked.clients) if swayed else frozenset()


def _standing_on(needs: Mapping[WorkloadKey, Needs], nodes: frozenset[str]) -> Keys:
    """Workloads with a replica that is not ready on one of these nodes: what is said of it may be otherwise."""
    if not nodes:
        return frozenset()
    return frozenset(key for key, asked in needs.items() if asked.waits_on & nodes)


def _standing_at(needs: Mapping[WorkloadKey, Needs], sites: frozenset[str]) -> Keys:
    if not sites:
        return frozenset()
    return frozenset(key for key, asked in needs.items() if any(where.site in sites for where in asked.standing))
