# SPDX-License-Identifier: Apache-2.0
"""A reckoning brought up to a newer snapshot: only what a change touched is scored again.

What it gives is what `Reckoning.of` would give, but for three things: how many candidates each rule refused, which of
several rules a refused candidate is told to break, and which of more than `KEPT` are kept, are as of when a workload
was last scored (`explain --live` tells them as of now). A test holds the two against each other under any sequence of
changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from aiworkload.placement.changes import Changes, Ends
from aiworkload.placement.connectivity import judged_again, listened_anew
from aiworkload.placement.holders import Holders
from aiworkload.placement.needs import Needs, needs_of
from aiworkload.placement.plan import Decision
from aiworkload.placement.reckoning import Reckoning, Reserved, in_turn, load_of, reserved_in, resources_of, total
from aiworkload.placement.repointed import Repointed
from aiworkload.placement.scoring import Scored, scored
from aiworkload.placement.testimony import Near, spoken_of_anew
from aiworkload.placement.ways import neighbours, way_of
from aiworkload.placement.whereabouts import Keys
from aiworkload.placement.world import World
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey


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


def again(before: Reckoning, source: Snapshot, decisions: Mapping[WorkloadKey, Decision]) -> Brought | None:
    """Bring a reckoning up to a newer snapshot; None when the map itself has changed and all must be reckoned anew.

    Args:
        before: what is to be brought up.
        source: the newer snapshot.
        decisions: what was decided by it.
    """
    changes = Changes.between(before.source, source)
    if _is_another_map(before.source, source, changes):
        return None
    stale = before.expiries.between(before.source.taken_at, source.taken_at)
    drafted = _seen_again(before, source, changes, stale)
    if not set(resources_of(drafted.needs[key] for key in changes.workloads if key in drafted.needs)) <= {
        *before.columns.resources
    }:
        return None
    drafted, swayed = _columns(before, drafted, changes)
    drafted, reached = _ways(before, drafted, changes.links | stale)
    drafted, crowded = _loads(before, drafted, changes)
    touched = changes.workloads | _touched(before, drafted, swayed, reached | crowded)
    roomy = Repointed.by(before, drafted, changes.nodes, decisions)
    touched |= roomy.touched | drafted.whereabouts.waiting_on(changes.nodes)
    touched |= _carried_over(before, drafted, changes.links | stale)
    return replace(
        _scored_again(before, drafted, touched, roomy.scored),
        stirred=bool(swayed) or _turned(before, source, changes) or _is_doubted_anew(before, drafted, changes),
        before=before,
    )


def _seen_again(before: Reckoning, source: Snapshot, changes: Changes, stale: frozenset[Ends]) -> Reckoning:
    """With the sites judged, the links near each, and what workloads ask, as they are now."""
    come_or_gone = any((ends in before.source.links) is not (ends in source.links) for ends in changes.links)
    near = neighbours(source.links) if come_or_gone else before.near
    due = before.dues.between(before.source.taken_at, source.taken_at)
    doubtful = _doubtful(before, source, changes, near, stale) | due
    seen = judged_again(before.seen, source, before.policy, doubtful, near)
    needs = _needs(before, seen, changes)
    return replace(
        before,
        source=source,
        seen=seen,
        expiries=before.expiries.after(source, changes.links),
        dues=before.dues.after((seen.sites[name] for name in doubtful if name in seen.sites), before.policy),
        needs=needs,
        near=near,
        whereabouts=before.whereabouts.after(
            before.needs, needs, changes.workloads, same_turns=_have_same_turns(before, needs, changes)
        ),
    )


def _touched(before: Reckoning, drafted: Reckoning, swayed: frozenset[str], clients: frozenset[str]) -> Keys:
    """Workloads whose candidates may be others because of links, or sites in reach."""
    whereabouts = drafted.whereabouts
    near = {other for site in swayed for other in drafted.near.get(site, ())}
    touched = whereabouts.clients_at(clients | swayed | near)
    if swayed:
        touched |= whereabouts.anywhere
    return touched | whereabouts.standing_at(swayed) | _open_to(before, swayed)


def _carried_over(before: Reckoning, drafted: Reckoning, links: frozenset[Ends]) -> Keys:
    """What stands at either end of a link of another capacity than before: a move over it costs something else."""
    ends = {site for pair in links if _capacity(before.seen, pair) != _capacity(drafted.seen, pair) for site in pair}
    return drafted.whereabouts.standing_at(ends)


def _capacity(seen: Snapshot, ends: Ends) -> int | None:
    link = seen.link(*ends)
    return link.bandwidth_kilobits if link else None


def _open_to(before: Reckoning, sites: frozenset[str]) -> Keys:
    """Workloads that these sites are candidates of, or may be because nothing better than the unknown is known."""
    if not sites:
        return frozenset()
    held: set[WorkloadKey] = {key for key, found in before.scored.items() if found.blind}
    for column in before.columns.geography.column(sites):
        slots: list[int] = before.holders.at(column)[1].tolist()
        held.update(before.holders.keys[slot] for slot in slots)
    return frozenset(held)


def _scored_again(
    before: Reckoning, drafted: Reckoning, touched: Keys, put_right: Mapping[WorkloadKey, Scored]
) -> Brought:
    world = World(drafted.seen, before.policy, drafted.columns, drafted.load)
    whereabouts, same = drafted.whereabouts, drafted.whereabouts.turn is before.whereabouts.turn
    reserved = reserved_in(world, drafted.needs, whereabouts)
    cramped = {key for key, fits in reserved.items() if not all(fits.values())}
    touched = frozenset((touched | cramped | before.whereabouts.waiting) & drafted.needs.keys())
    if not touched and not put_right and same:
        return Brought(drafted, world, reserved, touched)
    asked = [drafted.needs[key] for key in sorted(touched, key=whereabouts.turn.__getitem__)]
    kept = {**before.scored, **put_right}
    results = kept if same else {key: kept[key] for key in drafted.needs if key not in touched}
    situation = drafted.situation(reserved)
    results |= {needs.workload.key: found for needs, found in scored(asked, drafted.columns, situation)}
    holders = before.holders
    if same and holders.holds(drafted.needs, touched):
        others = {key for key in touched if drafted.needs[key] is not before.needs[key]}
        holders = holders.after(drafted.needs, results, touched, drafted.columns, others)
    else:
        holders = Holders.of(drafted.needs, results, drafted.columns)
    return Brought(replace(drafted, scored=results, holders=holders), world, reserved, touched)


def _is_another_map(old: Snapshot, new: Snapshot, changes: Changes) -> bool:
    """Sites or nodes came, went, or were described anew."""
    if any((name in old.sites) is not (name in new.sites) for name in changes.sites):
        return True
    if any((name in old.nodes) is not (name in new.nodes) for name in changes.nodes):
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


def _doubtful(before: Reckoning, source: Snapshot, changes: Changes, near: Near, stale: frozenset[Ends]) -> set[str]:
    """Sites of which anything else is seen than before: themselves, their nodes, or what others' probes say."""
    of_nodes = {site for name in changes.nodes if (site := source.nodes[name].site)}
    old, new = (before.source, before.near), (source, near)
    spoken_of = spoken_of_anew(old, new, changes.links | stale, before.policy)
    return {*changes.sites, *of_nodes, *listened_anew(before.source, source), *spoken_of}


def _needs(before: Reckoning, seen: Snapshot, changes: Changes) -> Mapping[WorkloadKey, Needs]:
    if not changes.workloads:
        return before.needs
    alive = {key: w for key in changes.workloads if (w := seen.workloads.get(key)) and not w.deleting}
    found = {key: needs_of(workload, before.policy) for key, workload in alive.items()}
    merged = {**before.needs, **found}
    for key in changes.workloads - found.keys():
        merged.pop(key, None)
    if all(key in before.needs and before.needs[key].turn == needs.turn for key, needs in found.items()):
        return merged
    return in_turn(merged.values())


def _have_same_turns(before: Reckoning, needs: Mapping[WorkloadKey, Needs], changes: Changes) -> bool:
    """Whether nobody came or went, and those that changed are decided when they were."""
    old = before.needs
    changed = changes.workloads
    return all((key in old) is (key in needs) for key in changed) and all(
        old[key].turn == needs[key].turn for key in changed if key in needs
    )


def _columns(before: Reckoning, drafted: Reckoning, changes: Changes) -> tuple[Reckoning, frozenset[str]]:
    """With the columns as they are now, and the sites that came into reach or went out of it."""
    columns, old, new = before.columns, before.seen.sites, drafted.seen.sites
    if changes.nodes:
        nodes = [drafted.seen.nodes[name] for name in changes.nodes if name in columns.node_index]
        columns = columns.with_nodes(nodes, before.policy.headroom_percent)
    swayed: list[Site] = []
    if new is not old:
        swayed += [site for name, site in new.items() if site.connectivity is not old[name].connectivity]
    if swayed:
        columns = columns.with_connectivity(swayed)
    flipped = np.flatnonzero(columns.usable != before.columns.usable).tolist()
    sites = frozenset({*(site.name for site in swayed), *(columns.geography.names[c] for c in flipped)})
    return replace(drafted, columns=columns), sites


def _ways(before: Reckoning, drafted: Reckoning, links: frozenset[Ends]) -> tuple[Reckoning, frozenset[str]]:
    """With what each client knows of the network now, and which clients know something else than before."""
    clients = drafted.whereabouts.clients
    stale = {site for pair in links for site in pair if site in clients}
    if clients is not before.whereabouts.clients:
        stale |= clients.keys() - before.ways.keys()
    if not stale and clients is before.whereabouts.clients:
        return drafted, frozenset()
    geography, seen, policy = drafted.columns.geography, drafted.seen, drafted.policy
    made = {client: way_of(client, drafted.near.get(client, ()), seen, geography, policy) for client in stale}
    ways = {**before.ways, **made}
    for gone in ways.keys() - clients.keys() if clients is not before.whereabouts.clients else ():
        del ways[gone]
    changed = (client for client, way in made.items() if client not in before.ways or way.differs(before.ways[client]))
    return replace(drafted, ways=ways), frozenset(changed)


def _loads(before: Reckoning, drafted: Reckoning, changes: Changes) -> tuple[Reckoning, frozenset[str]]:
    """With the load on links now, and the clients on whose links it is another."""
    new = {key: load_of(drafted.needs[key]) for key in changes.workloads if key in drafted.needs}
    moved = {key for key in changes.workloads if before.loads.get(key, {}) != new.get(key, {})}
    if not moved:
        return drafted, frozenset()
    loads = {key: load for key, load in {**before.loads, **new}.items() if load and key in drafted.needs}
    load = total(loads.values())
    differs = {ends for key in moved for ends in (*before.loads.get(key, ()), *new.get(key, ()))}
    crowded = (client for client, site in differs if load.get((client, site)) != before.load.get((client, site)))
    return replace(drafted, loads=loads, load=load), frozenset(crowded)
