# SPDX-License-Identifier: Apache-2.0
"""What the nodes can still take, within one cycle.

Workloads are decided one after the other, so what the first was given must be gone for the second. Standing pods
are in `Node.requested` already; what is promised but not yet bound is reserved here. The ledger lives for one
`decide` and is its only mutable value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from aiworkload.placement.capacity import PACKED, Demand
from aiworkload.placement.columns import Bools, Columns, Ints

_UNTOUCHED: Final = np.iinfo(np.int64).max
"""More than anybody asks for: of sites where nothing was promised the filters have told already."""

_UNASKED: Final = np.iinfo(np.int64).min
"""Less than any node has left, which may be below zero."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A demand by the columns' resources."""

    pairs: tuple[tuple[int, int], ...]
    """Position and amount of each resource that is asked for at all."""
    resources: Ints
    amounts: Ints
    least: Ints
    """[D] what must be left of each resource."""
    vector: Ints
    """[D]"""

    @classmethod
    def of(cls, demand: Demand, resources: Mapping[str, int]) -> Self:
        pairs = tuple((resources[name], amount) for name, amount in demand if amount > 0)
        positions, amounts = (np.array(found, np.int64) for found in zip(*pairs, strict=True))
        least = np.full(len(resources), _UNASKED)
        least[positions] = amounts
        return cls(pairs, positions, amounts, least, np.maximum(0, least))


class Ledger:
    """Free resources of the usable nodes of every site, less what this cycle has promised."""

    def __init__(self, columns: Columns) -> None:
        self._columns: Final = columns
        self._resources: Final = {name: d for d, name in enumerate(columns.resources)}
        self._packed: Final = [self._resources[name] for name in PACKED]
        self._free: Final = columns.free.copy()
        self._room: Final = columns.room.copy()
        self._demands: Final[dict[Demand, _Asked]] = {}
        """Each demand that was asked about."""
        self._most: Final = np.full((len(columns.geography), len(columns.resources)), _UNTOUCHED)
        """[S, D] the most room that one node has left of each resource, where anything was promised."""
        self.spoken_for: Final[dict[str, list[list[int]]]] = {}
        """Sites where something was promised, with what is left of each node's room."""

    def slots(self, site: str, demand: Demand) -> int:
        """How many whole replicas of a new placement fit on the nodes of a site, with the headroom left free."""
        return int(self._fits(self._room, self._nodes(site), demand).sum())

    def free_share(self, site: str, demand: Demand) -> float:
        """Free share (0 to 1) of the scarcer of CPU and memory after one more replica, on the roomiest node.

        As the points say it: before anything was promised in this cycle.
        """
        nodes, asked = self._nodes(site), dict(demand)
        taken = [asked.get(name, 0) for name in PACKED]
        left = np.maximum(0, self._columns.free[nodes][:, self._packed] - taken)
        share = left / np.maximum(1, self._columns.allocatable[nodes][:, self._packed])
        return float(share.min(axis=1).max(initial=0.0))

    def reserve(self, site: str, demand: Demand, replicas: int) -> bool:
        """Promise room for so many replicas, on the roomiest nodes first; False when not all of them fit.

        Headroom is used up only where there is no other way: the nodes that newcomers were told of are those with room.
        """
        left = self._take(self._room, site, demand, replicas)
        if left:
            left = self._take(self._free, site, demand, left)
        return left == 0

    def _take(self, free: Ints, site: str, demand: Demand, replicas: int) -> int:
        """Promise what fits into what is free there; returns how many replicas are left."""
        nodes = self._nodes(site)
        fits = self._fits(free, nodes, demand)
        left = replicas
        roomiest = [int(fits.argmax())] if replicas == 1 and len(fits) else np.argsort(-fits, kind="stable")[:replicas]
        rooms = self._rooms(site, nodes)
        for node in map(int, roomiest):
            taken = min(left, int(fits[node]))
            self._promise(nodes.start + node, demand, taken)
            rooms[node] = self._room[nodes.start + node].tolist()
            left -= taken
        if rooms:
            self._most[self._columns.geography.index[site]] = self._room[nodes].max(axis=0)
        return left

    def has_room(self, site: str, demand: Demand, replicas: int) -> bool:
        """Whether all replicas of a new placement still fit at a site where something was promised."""
        asked = self._of(demand).pairs
        left = replicas
        for room in self.spoken_for[site]:
            left -= max(0, min([room[d] // amount for d, amount in asked]))
            if left <= 0:
                return True
        return False

    def may_have_room(self, columns: NDArray[np.int32], demand: Demand) -> Bools:
        """[n] whether one replica may still fit at some sites; where it says no, it does not."""
        found: Bools = np.all(self._most[columns] >= self._of(demand).least, axis=1)
        return found

    def _rooms(self, site: str, nodes: slice) -> list[list[int]]:
        found = self.spoken_for.get(site)
        if found is None:
            found = self.spoken_for[site] = self._room[nodes].tolist()
        return found

    def _of(self, demand: Demand) -> _Asked:
        found = self._demands.get(demand)
        if found is None:
            found = self._demands[demand] = _Asked.of(demand, self._resources)
        return found

    def _nodes(self, site: str) -> slice:
        column = self._columns.geography.index.get(site)
        return slice(0, 0) if column is None else self._columns.nodes_of(column)

    def _fits(self, free: Ints, nodes: slice, demand: Demand) -> Ints:
        asked = self._of(demand)
        found: Ints = (free[nodes].take(asked.resources, axis=1) // asked.amounts).min(axis=1)
        return np.maximum(0, found)

    def _promise(self, node: int, demand: Demand, replicas: int) -> None:
        asked = self._of(demand)
        taken = asked.vector * replicas
        self._free[node] -= taken
        self._room[node] -= taken
