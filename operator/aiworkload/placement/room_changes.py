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
from aiworkload.placement.fitting import free_shares, replicas_fitting
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
        kind_of_row = holders.kinds[rows]
        kinds = np.unique(kind_of_row)
        kinds = kinds[~_settled(holders, kinds, new, _witnesses(new, site, changed))]
        here = new.nodes_of(site)
        room, points = fits(holders, kinds, new.room[here]), _points(holders.demand[kinds], new, here)
        differs = room != fits(holders, kinds, old.room[here])
        differs |= points != _points(holders.demand[kinds], old, here)
        felt = np.isin(kind_of_row, kinds[differs])
        kind = np.searchsorted(kinds, kind_of_row[felt])
        yield Effect(site, rows[felt], room[kind], points[kind])


def felt_at(old: Columns, new: Columns, nodes: Iterable[str]) -> Mapping[int, int]:
    """Columns of these nodes' sites where what stands has other points for headroom, and which: it asks for nothing."""
    sites = {int(new.node_site[new.node_index[name]]) for name in nodes if name in new.node_index}
    return {site: left for site in sites if _left(old, site) != (left := _left(new, site))}


def _left(columns: Columns, site: int) -> int:
    """The headroom scorer's points of what stands at a site."""
    nothing = np.zeros((1, len(columns.resources)), np.int64)
    return int(_points(nothing, columns, columns.nodes_of(site))[0])


def _witnesses(columns: Columns, site: int, changed: Bools) -> Ints:
    """The roomiest nodes of a site that did not change."""
    mine = columns.nodes_of(site)
    steady: Ints = np.arange(mine.start, mine.stop, dtype=np.int64)[~changed[mine]]
    packed = [d for d, name in enumerate(columns.resources) if name in PACKED]
    share = columns.room[steady][:, packed] / np.maximum(1, columns.allocatable[steady][:, packed])
    return steady[np.argsort(-share.min(axis=1))[:_WITNESSES]]


def _settled(holders: Holders, kinds: Ints, columns: Columns, nodes: Ints) -> Bools:
    """[K'] of K' kinds, whether these nodes alone give room and full points, whatever the others are like."""
    return fits(holders, kinds, columns.room[nodes]) & (_points(holders.demand[kinds], columns, nodes) >= _FULL)


def fits(holders: Holders, kinds: Ints, room: Ints) -> Bools:
    """[K'] whether all replicas of variants of these kinds find room on nodes with so much of it, [n, D]."""
    demand, replicas = holders.demand[kinds], holders.replicas[kinds, None]
    resources = ((room[:, d], demand[:, d, None]) for d in range(demand.shape[1]))
    enough: Bools = replicas_fitting(resources, replicas).sum(axis=1) >= replicas[:, 0]
    return enough


def _points(demand: Ints, columns: Columns, nodes: slice | Ints) -> Ints:
    """[R] the headroom scorer's points of newcomers of which a replica asks for so much, [R, D]."""
    packed = demand[:, [columns.resources.index(name) for name in PACKED]]
    share = free_shares(packed, columns, nodes).max(axis=1, initial=0.0)
    points: Ints = np.rint(_FULL * np.minimum(ENOUGH, share) / ENOUGH).astype(np.int64)
    return points
