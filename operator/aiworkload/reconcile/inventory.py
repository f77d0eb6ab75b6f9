# SPDX-License-Identifier: Apache-2.0
"""Objects that the operator keeps for the agents: one NodeReport a node, telling its agent whom to probe.

Every node probes one agent of every other site: the first that reports and whose node is ready, in the order of names,
so that the choice stands still while that agent does.
"""

from collections.abc import Mapping
from typing import Any

from aiworkload.api import names
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.snapshot import Snapshot

Peers = tuple[tuple[str, str], ...]
"""(site, endpoint) pairs in the order of the sites' names."""


def node_reports(snapshot: Snapshot) -> tuple[Mapping[str, Any], ...]:
    """The NodeReports that are missing or tell their agent something out of date."""
    elected = _elected(snapshot)
    return tuple(
        _manifest(node, peers)
        for node in snapshot.nodes.values()
        if not _is_told(snapshot, node, peers := _peers(elected, node.site))
    )


def _elected(snapshot: Snapshot) -> Peers:
    """One agent a site, with the endpoint it published."""
    found: list[tuple[str, str]] = []
    for site in sorted(snapshot.sites):
        answering = [
            (not report.is_fresh(snapshot.taken_at), not node.ready, node.name, report.endpoint)
            for node in snapshot.nodes_of(site)
            if (report := snapshot.reports.get(node.name)) and report.endpoint
        ]
        if answering:
            found.append((site, min(answering)[-1]))
    return tuple(found)


def _peers(elected: Peers, own_site: str | None) -> Peers:
    return tuple((site, endpoint) for site, endpoint in elected if site != own_site)


def _is_told(snapshot: Snapshot, node: Node, peers: Peers) -> bool:
    report = snapshot.reports.get(node.name)
    return report is not None and (report.site, report.peers) == (node.site, peers)


def _manifest(node: Node, peers: Peers) -> Mapping[str, Any]:
    spec: dict[str, Any] = {"peers": [{"site": site, "endpoint": endpoint} for site, endpoint in peers]}
    if node.site is not None:
        spec["site"] = node.site
    owner = {"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid}
    return {
        "apiVersion": names.API_VERSION,
        "kind": "NodeReport",
        "metadata": {"name": node.name, "ownerReferences": [owner]},
        "spec": spec,
    }
