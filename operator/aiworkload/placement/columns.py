# SPDX-License-Identifier: Apache-2.0
"""What is known of every site and node, as arrays: the columns that workloads are scored against.

Shapes: S sites in the order of their names, N nodes sorted by their site, D resources. CPU in millicores, the rest in
its own unit. Nodes without a site are no column's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aiworkload.api.site import Connectivity
from aiworkload.api.workload import Tier
from aiworkload.placement.capacity import PACKED, why_unusable
from aiworkload.placement.family import Hardware, gpu_memory_mebibytes, hardware_of
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TIER_BITS: Final = {Tier.EDGE: 1, Tier.FOG: 2, Tier.CLOUD: 4}
HARDWARE: Final = tuple(Hardware)
"""The order of the hardware axis wherever there is one."""

_NUMBERS: Final = {hardware: number for number, hardware in enumerate(HARDWARE)}

_NOWHERE: Final = frozenset[int]()

_CUT: Final = frozenset({Connectivity.DISCONNECTED, Connectivity.LOST})


def tier_bits(tiers: Iterable[Tier]) -> int:
    """A set of tiers as a bit mask."""
    return sum(TIER_BITS[tier] for tier in set(tiers))


@dataclass(frozen=True, slots=True)
class Geography:
    """What the owners of the Sites say, and what no weather changes."""

    names: tuple[str, ...]
    index: Mapping[str, int]
    tiers: NDArray[np.uint8]
    """`TIER_BITS` of each site."""
    regions: Mapping[str, int]
    """The code of each region that is named."""
    region_codes: Ints
    """[S] -1: in no region."""
    labelled: Mapping[tuple[str, str], frozenset[int]]
    """The columns of the sites with each label."""
    node_price: Floats
    """Of one whole node for an hour."""
    egress_price: Floats
    """Of one GiB."""

    @classmethod
    def of(cls, sites: Mapping[str, Site]) -> Self:
        """The columns' order is that of the sites' names."""
        found = [sites[name] for name in sorted(sites)]
        regions = {name: code for code, name in enumerate(sorted({s.spec.region for s in found if s.spec.region}))}
        return cls(
            names=tuple(site.name for site in found),
            index={site.name: column for column, site in enumerate(found)},
            tiers=np.array([TIER_BITS[site.spec.tier] for site in found], np.uint8),
            regions=regions,
            region_codes=np.array([regions.get(site.spec.region, -1) for site in found], np.int64),
            labelled=_labelled(found),
            node_price=np.array([float(site.spec.cost.per_hour) for site in found], np.float64),
            egress_price=np.array([float(site.spec.cost.per_gibibyte_egress) for site in found], np.float64),
        )

    def selected(self, labels: Mapping[str, str]) -> Bools:
        """[S] whether a site has all of these labels; at least one is asked for."""
        columns = frozenset[int].intersection(*(self.labelled.get(label, _NOWHERE) for label in labels.items()))
        found = np.zeros(len(self), np.bool_)
        found[sorted(columns)] = True
        return found

    def column(self, names: Iterable[str]) -> list[int]:
        """The columns of those names that are sites."""
        return [found for name in names if (found := self.index.get(name)) is not None]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Kinds:
    """K kinds of sites that cost the same: few, where machines are bought by the dozen."""

    of_site: Ints
    """[S]"""
    node_price: Floats
    egress_price: Floats
    typical: Floats
    """[K, D] as `Columns.typical`."""
    order: Ints
    """[S] columns, kind by kind."""
    firsts: Ints
    """[K] where each kind begins in `order`."""

    @classmethod
    def of(cls, geography: Geography, typical: Floats) -> Self:
        """Sites with the same prices and nodes of the same size are one kind."""
        told = np.column_stack([geography.node_price, geography.egress_price, typical])
        kinds, of_site = np.unique(told, axis=0, return_inverse=True)
        of_site = of_site.ravel()
        order = np.argsort(of_site, kind="stable")
        firsts = np.searchsorted(of_site[order], np.arange(len(kinds)))
        return cls(of_site, kinds[:, 0], kinds[:, 1], kinds[:, 2:], order, firsts)

    def among(self, sites: Bools) -> Bools:
        """[R, K] whether any site of each kind is among those of [R, S]."""
        if not len(self.firsts):
            return np.zeros((len(sites), 0), np.bool_)
        found: Bools = np.logical_or.reduceat(sites.take(self.order, axis=1), self.firsts, axis=1)
        return found


@dataclass(frozen=True, slots=True)
class Columns:
    """All sites and nodes of a judged snapshot."""

    geography: Geography
    resources: tuple[str, ...]
    """Names along the axis D."""
    cut: Bools
    """[S] Disconnected or Lost."""
    steadiness: Floats
    """[S] what a site's connectivity state is worth: `CONNECTIVITY_POINTS`."""
    usable: Bools
    """[S] at least one node can take a new pod."""
    hardware: Ints
    """[S, D] index into HARDWARE of the nodes that offer resource d; -1 where none does."""
    device_mebibytes: Floats
    """[S] memory of one device on the site's largest; infinite where labels do not tell."""
    node_names: tuple[str, ...]
    node_index: Mapping[str, int]
    node_site: Ints
    """[N] column of each node's site."""
    starts: Ints
    """[S + 1] first node of each site; the nodes of site s are starts[s] to starts[s + 1]."""
    node_ready: Bools
    """[N] its kubelet says so."""
    node_usable: Bools
    """[N] it can take a new pod."""
    allocatable: Ints
    """[N, D]"""
    free: Ints
    """[N, D] what is neither promised nor in use; 0 on nodes that take no new pod."""
    room: Ints
    """[N, D] `free` less the headroom that new placements leave."""
    typical: Floats
    """[S, D] mean allocatable of the site's nodes: what a share of one costs."""
    kinds: Kinds

    @classmethod
    def of(cls, snapshot: Snapshot, resources: tuple[str, ...], headroom_percent: int) -> Self:
        """Of a judged snapshot; `resources` are all that any workload asks for."""
        geography = Geography.of(snapshot.sites)
        nodes = [node for name in geography.names for node in snapshot.nodes_of(name)]
        node_site = np.array([geography.index[str(node.site)] for node in nodes], np.int64)
        sites = [snapshot.sites[name] for name in geography.names]
        allocatable = _amounts(nodes, resources)
        usable = np.array([why_unusable(node) is None for node in nodes], np.bool_)
        free = _free(nodes, resources, usable)
        count = len(geography)
        starts = np.searchsorted(node_site, np.arange(count + 1))
        typical = _typical(allocatable, node_site, count)
        return cls(
            geography=geography,
            resources=resources,
            cut=np.array([site.connectivity in _CUT for site in sites], np.bool_),
            steadiness=np.array([CONNECTIVITY_POINTS.get(site.connectivity, 0) for site in sites], np.float64),
            usable=np.bincount(node_site, usable, minlength=count) > 0,
            hardware=_hardware(nodes, node_site, resources, count),
            device_mebibytes=_device_mebibytes(nodes, node_site, count),
            node_names=tuple(node.name for node in nodes),
            node_index={node.name: row for row, node in enumerate(nodes)},
            node_site=node_site,
            starts=starts,
            node_ready=np.array([node.ready for node in nodes], np.bool_),
            node_usable=usable,
            allocatable=allocatable,
            free=free,
            room=_room(free, allocatable, resources, headroom_percent),
            typical=typical,
            kinds=Kinds.of(geography, typical),
        )

    def with_nodes(self, nodes: Sequence[Node], headroom_percent: int) -> Self:
        """The same with some nodes as they are now; their names, sites, labels and sizes are what they were."""
        rows = np.array([self.node_index[node.name] for node in nodes], np.int64)
        node_ready, usable = self.node_ready.copy(), self.node_usable.copy()
        free, room = self.free.copy(), self.room.copy()
        node_ready[rows] = [node.ready for node in nodes]
        usable[rows] = [why_unusable(node) is None for node in nodes]
        free[rows] = _free(nodes, self.resources, usable[rows])
        room[rows] = _room(free[rows], self.allocatable[rows], self.resources, headroom_percent)
        sites = np.bincount(self.node_site, usable, minlength=len(self.geography)) > 0
        return replace(self, node_ready=node_ready, node_usable=usable, free=free, room=room, usable=sites)

    def with_connectivity(self, sites: Iterable[Site]) -> Self:
        """The same with the connectivity of some sites as it is now."""
        cut, steadiness = self.cut.copy(), self.steadiness.copy()
        for site in sites:
            column = self.geography.index[site.name]
            cut[column] = site.connectivity in _CUT
            steadiness[column] = CONNECTIVITY_POINTS.get(site.connectivity, 0)
        return replace(self, cut=cut, steadiness=steadiness)

    @property
    def space(self) -> Floats:
        """[S] free CPU of all nodes together, in millicores."""
        cpu = self.room[:, self.resources.index("cpu")].astype(np.float64)
        found: Floats = np.bincount(self.node_site, cpu, minlength=len(self.geography)).astype(np.float64)
        return found

    def nodes_of(self, column: int) -> slice:
        """The rows of a site's nodes."""
        return slice(int(self.starts[column]), int(self.starts[column + 1]))


CONNECTIVITY_POINTS: Final = {Connectivity.CONNECTED: 100, Connectivity.DEGRADED: 50}
"""What the connectivity scorer starts with; a silent site starts with nothing. Ours."""


def _labelled(sites: Sequence[Site]) -> Mapping[tuple[str, str], frozenset[int]]:
    found: dict[tuple[str, str], set[int]] = {}
    for column, site in enumerate(sites):
        for label in site.labels.items():
            found.setdefault(label, set()).add(column)
    return {label: frozenset(columns) for label, columns in found.items()}


def _amounts(nodes: Sequence[Node], resources: Sequence[str]) -> Ints:
    found = [[node.allocatable.get(resource, 0) for resource in resources] for node in nodes]
    return np.array(found, np.int64).reshape(len(nodes), len(resources))


def _free(nodes: Sequence[Node], resources: Sequence[str], usable: Bools) -> Ints:
    found = [[node.free(resource) for resource in resources] for node in nodes]
    return np.array(found, np.int64).reshape(len(nodes), len(resources)) * usable[:, None]


def _room(free: Ints, allocatable: Ints, resources: Sequence[str], headroom_percent: int) -> Ints:
    kept = np.array([headroom_percent if resource in PACKED else 0 for resource in resources], np.int64)
    return free - kept * allocatable // 100


def _typical(allocatable: Ints, node_site: Ints, sites: int) -> Floats:
    nodes = np.maximum(1, np.bincount(node_site, minlength=sites))
    sums = [np.bincount(node_site, allocatable[:, d], minlength=sites) for d in range(allocatable.shape[1])]
    return np.stack(sums, axis=1) / nodes[:, None] if sums else np.zeros((sites, 0))


def _hardware(nodes: Sequence[Node], node_site: Ints, resources: Sequence[str], sites: int) -> Ints:
    """Of several kinds of nodes at a site the slowest counts: a pod may get any of them."""
    found = np.full((sites, len(resources)), -1, np.int64)
    if not nodes:
        return found
    kinds = np.array([[_kind(node, resource) for resource in resources] for node in nodes], np.int64)
    slowest = np.full_like(found, len(HARDWARE))
    np.minimum.at(slowest, node_site, np.where(kinds < 0, len(HARDWARE), kinds))
    return np.where(slowest < len(HARDWARE), slowest, found)


def _kind(node: Node, resource: str) -> int:
    """Index into HARDWARE; -1: the node does not offer it."""
    offered = node.allocatable.get(resource, 0) > 0
    return _NUMBERS[hardware_of(node.labels, node.allocatable, resource)] if offered else -1


def _device_mebibytes(nodes: Sequence[Node], node_site: Ints, sites: int) -> Floats:
    """Of nodes that do not tell, the best is assumed; the kubelet and the server have the last word."""
    found = np.zeros(sites)
    told = [gpu_memory_mebibytes(node.labels) for node in nodes]
    np.maximum.at(found, node_site, np.array([np.inf if size is None else size for size in told], np.float64))
    return found


def row_counts(mask: Bools) -> Ints:
    """[R] how many of each row of [R, S]; by bits, which is ten times as fast as by booleans."""
    found: Ints = np.bitwise_count(np.packbits(mask, axis=1)).sum(axis=1, dtype=np.int64)
    return found
