# SPDX-License-Identifier: Apache-2.0
"""`Site.status`: connectivity, nodes, and what is wrong with the site's definition."""

from aiworkload.api.conditions import ConditionStatus
from aiworkload.api.site import Connectivity, SiteStatus
from aiworkload.api.timestamps import to_rfc3339
from aiworkload.reconcile.conditions import Verdict, merge
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.snapshot import Snapshot

SHOWN_NODES = 5
"""Names listed in a message before it says how many more there are."""


def site_status(site: Site, snapshot: Snapshot) -> SiteStatus:
    """What is seen of a site now."""
    published = site.published or SiteStatus()
    nodes = snapshot.nodes_of(site.name)
    said = (_connected(site), _nodes_selected(site), _nodes_undisputed(site))
    return SiteStatus(
        connectivity=site.connectivity,
        connectivity_since_time=to_rfc3339(site.connectivity_since),
        nodes=len(nodes),
        ready_nodes=sum(node.ready for node in nodes),
        last_contact_time=_last_contact(site, published),
        conditions=merge(published.conditions, said, site.generation, snapshot.taken_at),
    )


def _last_contact(site: Site, published: SiteStatus) -> str | None:
    if site.connectivity not in (Connectivity.DISCONNECTED, Connectivity.LOST):
        return None
    if published.last_contact_time is not None:
        return published.last_contact_time
    return to_rfc3339(site.last_report_at) if site.last_report_at is not None else None


def _connected(site: Site) -> Verdict:
    connected = site.connectivity in (Connectivity.CONNECTED, Connectivity.DEGRADED)
    status = ConditionStatus.TRUE if connected else ConditionStatus.FALSE
    return Verdict("Connected", status, site.connectivity.value)


def _nodes_selected(site: Site) -> Verdict:
    if site.spec.node_selector is None:
        message = "no nodeSelector: a client site, which hosts nothing"
        return Verdict("NodesSelected", ConditionStatus.TRUE, "ClientSite", message)
    if site.nodes:
        return Verdict("NodesSelected", ConditionStatus.TRUE, "NodesFound")
    selector = ", ".join(f"{key}={value}" for key, value in sorted(site.spec.node_selector.items()))
    message = f"no node carries {selector}: label the site's nodes, or correct spec.nodeSelector"
    return Verdict("NodesSelected", ConditionStatus.FALSE, "NoNodes", message)


def _nodes_undisputed(site: Site) -> Verdict:
    if not site.contested_nodes:
        return Verdict("NodesUndisputed", ConditionStatus.TRUE, "NoOverlap")
    shown = "; ".join(f"{node} is also selected by {other}" for node, other in site.contested_nodes[:SHOWN_NODES])
    more = len(site.contested_nodes) - SHOWN_NODES
    rest = f"; and {more} more" if more > 0 else ""
    message = f"{shown}{rest}. The older Site keeps a node: narrow one of the nodeSelectors"
    return Verdict("NodesUndisputed", ConditionStatus.FALSE, "NodesSelectedTwice", message)
