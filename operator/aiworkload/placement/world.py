# SPDX-License-Identifier: Apache-2.0
"""What many candidates ask of one snapshot, reckoned once per `decide`.

A thousand workloads ask the same few sites about the same nodes and links. Everything here depends on the snapshot
alone, apart from the ledger, which follows what the cycle has promised.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from aiworkload.api.site import Connectivity
from aiworkload.placement.capacity import Demand, why_unusable
from aiworkload.placement.cluster_rules import ClusterRules
from aiworkload.placement.columns import Columns
from aiworkload.placement.cost import node_share
from aiworkload.placement.latency import Clients, Path, PathState, Reach, path_over, reach_of
from aiworkload.placement.ledger import Ledger
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot

Load = Mapping[tuple[str, str], int]
"""KiB a second by (client site, site): what standing placements carry over each link."""


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


class Locations(Mapping[str, Location]):
    """Every site with its nodes, put together when first asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._found: dict[str, Location] = {}

    def __getitem__(self, name: str) -> Location:
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = _locate(self._snapshot, self._snapshot.sites[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._snapshot.sites

    def __iter__(self) -> Iterator[str]:
        return iter(self._snapshot.sites)

    def __len__(self) -> int:
        return len(self._snapshot.sites)


class World:
    """A judged snapshot with its answers kept."""

    def __init__(self, snapshot: Snapshot, policy: Policy, columns: Columns, load: Load) -> None:
        self.snapshot: Final = snapshot
        self.policy: Final = policy
        self.now: Final = snapshot.taken_at
        self.standing_load: Final = load
        """What standing placements carry: points are by it."""
        self.load: Final = dict(load)
        """What standing placements carry, and what this cycle has promised to."""
        self.locations: Final = Locations(snapshot)
        self.ledger: Final = Ledger(columns)
        self.carried: Final[set[str]] = set()
        """Sites to which more traffic was promised."""
        self._reaches: dict[tuple[str, Clients], Reach] = {}
        self._paths: dict[tuple[str, str], Path] = {}
        self._shares: dict[tuple[str, Demand], Decimal] = {}

    @cached_property
    def rules(self) -> ClusterRules:
        """What the cluster bears, from the first time that somebody asks."""
        return ClusterRules.of(self.snapshot, self.policy, self.now)

    def is_cut(self, site: str) -> bool:
        """Whether a site is known to be out of touch."""
        found = self.locations.get(site)
        return found is not None and found.cut

    def carry(self, site: str, traffic: Iterable[tuple[str, int]]) -> None:
        """Promise that the links to a site carry so many KiB a second from clients elsewhere."""
        for client, kibibytes in traffic:
            if client != site and kibibytes:
                self.load[(client, site)] = self.load.get((client, site), 0) + kibibytes
                self.carried.add(site)

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
        share = self._shares.get((site, demand))
        if share is None:
            share = self._shares[(site, demand)] = node_share(location.nodes, demand)
        return share * location.node_price * replicas

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
