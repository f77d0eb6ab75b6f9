# SPDX-License-Identifier: Apache-2.0
"""Whom a change of nodes concerns: workloads whose candidates there gain or lose room, or points for it.

A node's figures change all the time, and most changes concern nobody: a region with room to spare has as much for
everybody as before. So the effect is reckoned for all workloads that the site is a candidate of, before any of them
is scored again; and first with a few of the roomiest nodes that did not change, which mostly settle it.
"""

from collections.abc import Iterable

import numpy as np

from aiworkload.placement.capacity import PACKED
from aiworkload.placement.columns import Bools, Columns, Ints
from aiworkload.placement.holders import Holders
from aiworkload.placement.scorers.headroom import ENOUGH
from aiworkload.snapshot.workload import WorkloadKey

_WITNESSES = 4
"""Nodes that are asked first. Ours."""
_FULL = 100
"""Points of a site with room enough."""


def concerned(holders: Holders, old: Columns, new: Columns, nodes: Iterable[str]) -> frozenset[WorkloadKey]:
    """Workloads for which any of these nodes' sites is another than before."""
    changed = np.zeros(len(new.node_names), np.bool_)
    changed[[new.node_index[name] for name in nodes if name in new.node_index]] = True
    found: set[WorkloadKey] = set()
    for site in np.unique(new.node_site[changed]).tolist():
        rows, slots = holders.at(site)
        unsettled = ~_settled(holders, rows, new, _witnesses(new, site, changed))
        rows, slots = rows[unsettled], slots[unsettled]
        mine = new.nodes_of(site)
        here: Ints = np.arange(mine.start, mine.stop, dtype=np.int64)
        differs = fits(holders, rows, old.room[here]) != fits(holders, rows, new.room[here])
        differs |= _points(holders, rows, old, here) != _points(holders, rows, new, here)
        found |= {holders.keys[slot] for slot in np.unique(slots[differs]).tolist()}
    return frozenset(found)


def felt_at(old: Columns, new: Columns, nodes: Iterable[str]) -> frozenset[str]:
    """Sites of these nodes where what stands has other points for headroom: it asks for nothing more."""
    sites = {int(new.node_site[new.node_index[name]]) for name in nodes if name in new.node_index}
    return frozenset(new.geography.names[site] for site in sites if _left(old, site) != _left(new, site))


def _left(columns: Columns, site: int) -> int:
    """The headroom scorer's points of what stands at a site."""
    mine = columns.nodes_of(site)
    packed = [d for d, name in enumerate(columns.resources) if name in PACKED]
    share = columns.free[mine][:, packed] / np.maximum(1, columns.allocatable[mine][:, packed])
    return round(float(np.rint(_FULL * min(ENOUGH, share.min(axis=1).max(initial=0.0)) / ENOUGH)))


def _witnesses(columns: Columns, site: int, changed: Bools) -> Ints:
    """The roomiest nodes of a site that did not change."""
    mine = columns.nodes_of(site)
    steady: Ints = np.arange(mine.start, mine.stop, dtype=np.int64)[~changed[mine]]
    packed = [d for d, name in enumerate(columns.resources) if name in PACKED]
    share = columns.room[steady][:, packed] / np.maximum(1, columns.allocatable[steady][:, packed])
    return steady[np.argsort(-share.min(axis=1))[:_WITNESSES]]


def _settled(holders: Holders, rows: Ints, columns: Columns, nodes: Ints) -> Bools:
    """[V'] whether these nodes alone give room and full points, whatever the others are like."""
    return fits(holders, rows, columns.room[nodes]) & (_points(holders, rows, columns, nodes) >= _FULL)


def fits(holders: Holders, rows: Ints, room: Ints) -> Bools:
    """[V'] whether all replicas of these variants find room on nodes with so much of it, [n, D]."""
    slots = np.full((len(rows), len(room)), np.iinfo(np.int64).max, np.int64)
    for d in range(holders.demand.shape[1]):
        amount = holders.demand[rows, d][:, None]
        slots = np.where(amount > 0, np.minimum(slots, room[None, :, d] // np.maximum(amount, 1)), slots)
    replicas = holders.replicas[rows]
    enough: Bools = np.clip(slots, 0, replicas[:, None]).sum(axis=1) >= replicas
    return enough


def _points(holders: Holders, rows: Ints, columns: Columns, nodes: Ints) -> Ints:
    """[V'] the headroom scorer's points of a newcomer."""
    share = np.full((len(rows), len(nodes)), ENOUGH)
    for d, name in enumerate(columns.resources):
        if name in PACKED:
            left = np.maximum(0, columns.free[nodes, d][None, :] - holders.demand[rows, d][:, None])
            share = np.minimum(share, left / np.maximum(1, columns.allocatable[nodes, d])[None, :])
    points: Ints = np.rint(100 * share.max(axis=1, initial=0.0) / ENOUGH).astype(np.int64)
    return points
