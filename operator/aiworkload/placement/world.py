# SPDX-License-Identifier: Apache-2.0
"""What many candidates ask of one snapshot, reckoned once per `decide`.

A thousand workloads ask the same few sites about the same nodes and links. Everything here depends on the snapshot
alone, apart from the ledger, which follows what the cycle has promised.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from aiworkload.api.site import Connectivity
from aiworkload.placement.capacity import Demand, Ledger
from aiworkload.placement.cost import node_share
from aiworkload.placement.latency import Clients, Path, PathState, Reach, path_over, reach_of
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot

_TOLERATED: Final = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
"""Taints that our pods tolerate; both say that the node is silent, which readiness tells already."""

_EXCLUDING: Final = frozenset({"NoSchedule", "NoExecute"})


def why_unusable(node: Node) -> str | None:
    """Why no new pod can go to a node; None when one can."""
    if not node.ready:
        return f"{node.name} is not ready"
    if node.unschedulable:
        return f"{node.name} is cordoned"
    taint = next((t for t in node.taints if t.effect in _EXCLUDING and t.key not in _TOLERATED), None)
    return f"{node.name} has the taint {taint.key}:{taint.effect}" if taint else None


@dataclass(frozen=True, slots=True)
class Location:
    """A site with its nodes at hand."""

    site: Site
    nodes: tuple[Node, ...]
    unusable: tuple[str, ...]
    """A sentence for each node that can take no new pod."""
    node_price: Decimal

    @property
    def cut(self) -> bool:
        """Whether the control plane is out of touch with it."""
        return self.site.connectivity in (Connectivity.DISCONNECTED, Connectivity.LOST)

    @property
    def usable(self) -> bool:
        """Whether at least one node can take a new pod."""
        return len(self.unusable) < len(self.nodes)


class World:
    """A judged snapshot with its answers kept."""

    def __init__(self, snapshot: Snapshot, policy: Policy, now: float) -> None:
        self.snapshot: Final = snapshot
        self.policy: Final = policy
        self.now: Final = now
        self.locations: Final = {name: _locate(snapshot, snapshot.sites[name]) for name in sorted(snapshot.sites)}
        self.ledger: Final = Ledger({name: _usable_nodes(found) for name, found in self.locations.items()})
        self._reaches: dict[tuple[str, Clients], Reach] = {}
        self._paths: dict[tuple[str, str], Path] = {}
        self._shares: dict[tuple[str, Demand], Decimal] = {}

    def is_cut(self, site: str) -> bool:
        """Whether a site is known to be out of touch."""
        found = self.locations.get(site)
        return found is not None and found.cut

    def path(self, site: str, client: str) -> Path:
        """The path from a client site to a candidate site; a client at the very site needs no network."""
        found = self._paths.get((site, client))
        if found is None:
            found = self._paths[(site, client)] = self._find_path(site, client)
        return found

    def reach(self, site: str, clients: Clients) -> Reach:
        """A site as these clients see it together."""
        found = self._reaches.get((site, clients))
        if found is None:
            paths = tuple(self.path(site, client) for client, _ in clients)
            found = self._reaches[(site, clients)] = reach_of(clients, paths)
        return found

    def hourly_node_cost(self, site: str, demand: Demand, replicas: int) -> Decimal:
        """What the replicas' share of the site's nodes costs."""
        location = self.locations[site]
        if not location.node_price:
            return location.node_price
        key = (site, demand)
        if key not in self._shares:
            self._shares[key] = node_share(location.nodes, demand)
        return self._shares[key] * location.node_price * replicas

    def _find_path(self, site: str, client: str) -> Path:
        if site == client:
            return Path(client, PathState.KNOWN, 0)
        link = self.snapshot.link(client, site)
        cut = self.is_cut(site) or self.is_cut(client)
        losses = self.policy.degraded_consecutive_losses
        return path_over(client, link, self.now, cut=cut, losses_until_lost=losses)


def _locate(snapshot: Snapshot, site: Site) -> Location:
    nodes = snapshot.nodes_of(site.name)
    unusable = tuple(why for node in nodes if (why := why_unusable(node)))
    return Location(site, nodes, unusable, Decimal(site.spec.cost.per_hour))


def _usable_nodes(location: Location) -> tuple[Node, ...]:
    return tuple(node for node in location.nodes if why_unusable(node) is None)
