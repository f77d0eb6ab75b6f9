# SPDX-License-Identifier: Apache-2.0
"""What the sites can give to the workloads that are assigned together.

That is what their usable nodes have free less the headroom, and what those workloads' own pods hold there: whoever may
leave frees it. What everybody else holds, or waits for, is not theirs. Shapes as in `columns`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from aiworkload.placement.capacity import Demand
from aiworkload.placement.columns import Bools, Columns, Ints
from aiworkload.placement.fitting import nodes_of, replicas_fitting
from aiworkload.placement.needs import Needs
from aiworkload.placement.plan import Promise
from aiworkload.snapshot.workload import Assignment, Pod

Standing = tuple[Needs, Assignment]


@dataclass(frozen=True, slots=True, eq=False)
class Emptied:
    """The nodes as they would be if none of the workloads stood there."""

    columns: Columns
    room: Ints
    """[N, D] at least 0; nothing on nodes that take no new pod."""

    @classmethod
    def of(cls, columns: Columns, standing: Iterable[Standing]) -> Self:
        """Give back what the standing placements hold, each no more than its replicas ask for."""
        held = np.zeros_like(columns.room)
        index = {name: d for d, name in enumerate(columns.resources)}
        for needs, where in standing:
            for pod in bound_pods(columns, needs, where)[: needs.replicas]:
                row = columns.node_index[str(pod.node)]
                for name, amount in demand_at(needs, where.variant):
                    held[row, index[name]] += min(amount, pod.requests.get(name, amount))
        return cls(columns, np.maximum(0, columns.room + held) * columns.node_usable[:, None])

    def fits(self, column: Ints, demand: Ints, replicas: Ints) -> Bools:
        """[P] whether all replicas of each option, [P, D] and [P], would fit on its site, each whole on a node."""
        option, node = nodes_of(self.columns, column)
        resources = ((self.room[node, d], demand[option, d]) for d in range(demand.shape[1]))
        slots = replicas_fitting(resources, replicas[option])
        found: Bools = np.bincount(option, slots, minlength=len(column)) >= replicas
        return found

    def capacity(self, waiting: Iterable[Promise]) -> Ints:
        """[S, D] of whole sites, less what others wait for there; a site of several nodes is one bin."""
        sites = len(self.columns.geography)
        sums = [np.bincount(self.columns.node_site, self.room[:, d], sites) for d in range(self.room.shape[1])]
        found = np.stack(sums, axis=1).astype(np.int64)
        index = {name: d for d, name in enumerate(self.columns.resources)}
        for site, demand, count in waiting:
            for name, amount in demand:
                found[self.columns.geography.index[site], index[name]] -= amount * count
        return np.maximum(0, found)


def demand_at(needs: Needs, variant: str) -> Demand:
    """What one replica of a variant asks for; nothing when the variant is gone."""
    return next((found.demand for found in needs.variants if found.name == variant), ())


def bound_pods(columns: Columns, needs: Needs, where: Assignment) -> list[Pod]:
    """The placement's pods that hold room on usable nodes."""
    bound = (pod for pod in needs.standing[where].pods if not pod.terminating and pod.node in columns.node_index)
    return [pod for pod in bound if columns.node_usable[columns.node_index[str(pod.node)]]]
