# SPDX-License-Identifier: Apache-2.0
"""Agents that report and do as they are told, for tests of what they are told."""

from collections.abc import Mapping
from dataclasses import replace

from aiworkload.reconcile.inventory import Inventory
from aiworkload.snapshot.snapshot import Report, Snapshot
from tests.builders import NOW


def a_report(
    node: str, *, age: float = 0.0, peers: Mapping[str, str] | None = None, site: str = "", strained: bool = False
) -> Report:
    told = tuple((peers or {}).items())
    return Report(node, f"uid-{node}", site or None, told, f"{node}:9777", NOW - age, 30.0, strained)


def told(inventory: Inventory, snapshot: Snapshot) -> dict[str, dict[str, str]]:
    """By node: the endpoint of each site that its agent is to probe, where that is news."""
    inventory.follow(snapshot)
    return {
        manifest["metadata"]["name"]: {peer["site"]: peer["endpoint"] for peer in manifest["spec"]["peers"]}
        for manifest in inventory.node_reports()
    }


def obeyed(snapshot: Snapshot, said: Mapping[str, Mapping[str, str]], *, after: float = 0.3) -> Snapshot:
    """The snapshot once the API server holds what was said; agents that reported go on reporting."""
    now = snapshot.taken_at + after
    reports = {}
    for name, node in snapshot.nodes.items():
        report = snapshot.reports.get(name, Report(name, f"uid-{name}"))
        peers = tuple(said[name].items()) if name in said else report.peers
        reports[name] = replace(report, site=node.site, peers=peers)
    return replace(snapshot, taken_at=now, reports=reports)
