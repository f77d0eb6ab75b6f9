# SPDX-License-Identifier: Apache-2.0
"""Whom a change of nodes concerns: workloads whose candidates there gain or lose room, or points for it.

A node's figures change all the time, and most changes concern nobody: a region with room to spare has as much for
everybody as before. So the effect is reckoned for all workloads that the site is a candidate of, before any of them
is scored again; and first with a few of the roomiest nodes that did not change, which mostly settle it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from aiworkload.placement.capacity import PACKED
from aiworkload.placement.columns import Bools, Columns, Ints
from aiworkload.placement.holders import Holders
from aiworkload.placement.scorers.headroom import ENOUGH

_WITNESSES = 4
"""Nodes that are asked first. Ours."""
_FULL = 100
"""Points of a site with room enough."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of one site for V' variants that it is a candidate of, and only those for which anything did."""

    site: int
    """Its column."""
    rows: Ints
    """[V'] rows of `Holders`."""
    fits: Bools
    """[V'] whether all replicas of a newcomer find room now."""
    points: Ints
    """[V'] the headroom scorer's points of a newcomer now."""


def effects(holders: Holders, old: Columns, new: Columns, nodes: Iterable[str]) -> Iterator[Effect]:
    """Of each of these nodes' sites."""
    changed = np.zeros(len(new.node_names), np.bool_)
    changed[[new.node_index[name] for name in nodes if name in new.node_index]] = True
    for site in np.unique(new.node_site[changed]).tolist():
        rows, _ = holders.at(site)
        rows = rows[~_settled(holders, rows, new, _witnesses(new, site, changed))]
        mine = new.nodes_of(site)
        here: Ints = np.arange(mine.start, mine.stop, dtype=np.int64)
        room, points = fits(holders, rows, new.room[here]), _points(holders, rows, new, here)
        differs = room != fits(holders, rows, old.room[here])
        differs |= points != _points(holders, rows, old, here)
        yield Effect(site, rows[differs], room[differs], points[differs])


def felt_at(old: Columns, new: Columns, nodes: Iterable[str]) -> Mapping[int, int]:
    """Columns of these nodes' sites where what stands has other points for headroom, and which: it asks for nothing."""
    sites = {int(new.node_site[new.node_index[name]]) for name in nodes if name in new.node_index}
    return {site: left for site in sites if _left(old, site) != (left := _left(new, site))}


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
    kinds, of_row = np.unique(holders.kinds[rows], return_inverse=True)
    slots = np.full((len(kinds), len(room)), np.iinfo(np.int64).max, np.int64)
    for d in range(holders.demand.shape[1]):
        amount = holders.demand[kinds, d][:, None]
        slots = np.where(amount > 0, np.minimum(slots, room[None, :, d] // np.maximum(amount, 1)), slots)
    replicas = holders.replicas[kinds]
    enough: Bools = np.clip(slots, 0, replicas[:, None]).sum(axis=1) >= replicas
    return enough[of_row]


def _points(holders: Holders, rows: Ints, columns: Columns, nodes: Ints) -> Ints:
    """[V'] the headroom scorer's points of a newcomer."""
    kinds, of_row = np.unique(holders.kinds[rows], return_inverse=True)
    share = np.full((len(kinds), len(nodes)), ENOUGH)
    for d, name in enumerate(columns.resources):
        if name in PACKED:
            left = np.maximum(0, columns.free[nodes, d][None, :] - holders.demand[kinds, d][:, None])
            share = np.minimum(share, left / np.maximum(1, columns.allocatable[nodes, d])[None, :])
    points: Ints = np.rint(100 * share.max(axis=1, initial=0.0) / ENOUGH).astype(np.int64)
    return points[of_row]
