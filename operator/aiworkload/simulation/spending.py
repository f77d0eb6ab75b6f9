# SPDX-License-Identifier: Apache-2.0
"""What the standing pods cost from moment to moment, by the decision's own formula for a node's share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from aiworkload.placement.cost import node_share
from aiworkload.simulation.cluster import VirtualCluster
from aiworkload.simulation.pods import VirtualPod
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.workload import WorkloadKey


class Spending(NamedTuple):
    """From a moment on."""

    since: float
    per_hour: float
    """For the shares of nodes of all of a workload's pods; egress is reckoned from the routes."""
    replicas: tuple[tuple[str, int], ...]
    """Pods that have a node, by site."""


class EgressPrice(NamedTuple):
    """From a moment on, for a site."""

    since: float
    per_gibibyte: float


@dataclass(slots=True)
class Ledger:
    """Follows what everybody spends, and remembers each change."""

    cluster: VirtualCluster
    spendings: dict[WorkloadKey, list[Spending]] = field(default_factory=dict[WorkloadKey, list[Spending]])
    prices: dict[str, list[EgressPrice]] = field(default_factory=dict[str, list[EgressPrice]])

    def follow(self, now: float) -> None:
        """Note what is spent from now on."""
        for name, site in self.cluster.sites.items():
            price = float(site.spec.cost.per_gibibyte_egress)
            known = self.prices.setdefault(name, [])
            if not known or known[-1].per_gibibyte != price:
                known.append(EgressPrice(now, price))
        for key in self.cluster.workloads:
            self._note(key, Spending(now, *self._spent(key)))

    def end(self, key: WorkloadKey, now: float) -> None:
        """The workload is gone."""
        self._note(key, Spending(now, 0.0, ()))

    def _note(self, key: WorkloadKey, spending: Spending) -> None:
        known = self.spendings.setdefault(key, [])
        if not known or known[-1][1:] != spending[1:]:
            known.append(spending)

    def _spent(self, key: WorkloadKey) -> tuple[float, tuple[tuple[str, int], ...]]:
        total, replicas = Decimal(0), dict[str, int]()
        for site, pod in self._bound(key):
            price = Decimal(self.cluster.sites[site].spec.cost.per_hour)
            replicas[site] = replicas.get(site, 0) + 1
            total += price and price * node_share(self._nodes_of(site), tuple(sorted(pod.requests.items())))
        return float(total), tuple(sorted(replicas.items()))

    def _bound(self, key: WorkloadKey) -> Iterator[tuple[str, VirtualPod]]:
        for deployment in self.cluster.deployments_of(key):
            site = deployment.assignment.site
            yield from ((site, pod) for pod in deployment.pods if pod.node is not None and site in self.cluster.sites)

    def _nodes_of(self, site: str) -> list[Node]:
        return [node.base for node in self.cluster.nodes.values() if node.base.site == site]
