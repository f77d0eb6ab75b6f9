# SPDX-License-Identifier: Apache-2.0
"""Whose Leases are worth a look: kubelets of sites that may be cut off.

Watching all Leases would be one event for each node every 10 s. In quiet nobody's is looked at.
"""

from collections.abc import Iterator
from typing import Final

from aiworkload.api.site import Connectivity
from aiworkload.placement.policy import Policy
from aiworkload.placement.site_state import late_at
from aiworkload.placement.testimony import lost_sites
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot

WITNESSES: Final = 2
"""Kubelets of one site: they share its uplink, and two do not fail by chance together. Ours."""


def nodes_in_doubt(snapshot: Snapshot, policy: Policy) -> tuple[str, ...]:
    """Two nodes, ready ones first, of each site that is late, that a peer loses, or of which no node is ready.

    A site that was given up needs no look: when it is back, its report or Kubernetes says so.
    """
    lost = lost_sites(snapshot.links.values(), snapshot.taken_at, policy)
    doubtful = (
        site
        for site in snapshot.sites.values()
        if (site.name in lost or _is_missed(site, snapshot, policy)) and not _is_given_up(site)
    )
    return tuple(name for site in doubtful for name in _witnesses(snapshot.nodes_of(site.name)))


def _is_missed(site: Site, snapshot: Snapshot, policy: Policy) -> bool:
    at = late_at(site, policy)
    if at is not None and snapshot.taken_at > at:
        return True
    nodes = [node for name in site.nodes if (node := snapshot.nodes.get(name))]
    return bool(nodes) and not any(node.ready for node in nodes)


def _is_given_up(site: Site) -> bool:
    return site.published is not None and site.published.connectivity is Connectivity.LOST


def _witnesses(nodes: tuple[Node, ...]) -> Iterator[str]:
    ranked = sorted(nodes, key=lambda node: (not node.ready, node.name))
    return (node.name for node in ranked[:WITNESSES])
