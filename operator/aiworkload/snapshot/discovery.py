# SPDX-License-Identifier: Apache-2.0
"""Sites for nodes that no Site selects, so that a new cluster works before anybody has described it.

Such nodes are grouped by zone; an edge node without zone is a site of its own. The manifests are for creating once:
an existing Site is never overwritten, because its spec belongs to whoever edits it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from aiworkload.api import names
from aiworkload.api.workload import Tier
from aiworkload.snapshot.node import Node

_LONGEST_NAME: Final = 63
"""A site's name is also a label's value."""
_DIGEST_CHARACTERS: Final = 8


def tier_of(labels: Mapping[str, str]) -> Tier:
    """A node's tier by its labels, first hit wins: our own label, the edge role, OpenYurt's mark, else Cloud."""
    named = labels.get(names.TIER_LABEL, "").capitalize()
    if named in set(Tier):
        return Tier(named)
    if names.EDGE_ROLE_LABEL in labels or labels.get(names.OPENYURT_EDGE_LABEL) == "true":
        return Tier.EDGE
    return Tier.CLOUD


def discovered(nodes: Iterable[Node], sites: Iterable[str]) -> tuple[dict[str, Any], ...]:
    """Manifests of Sites for the nodes that stand at none, without those whose name is taken; sorted by name.

    A cloud or fog node without zone cannot be told from others: it stays without a site until it is labelled.
    """
    groups: dict[tuple[str, str], list[Node]] = {}
    for node in sorted(nodes, key=lambda node: node.name):
        selector = _selector(node.labels) if node.site is None else None
        if selector:
            groups.setdefault(selector, []).append(node)
    taken = set(sites)
    manifests = (_manifest(label, value, members) for (label, value), members in sorted(groups.items()))
    return tuple(manifest for manifest in manifests if manifest["metadata"]["name"] not in taken)


def _selector(labels: Mapping[str, str]) -> tuple[str, str] | None:
    if zone := labels.get(names.ZONE_LABEL):
        return names.ZONE_LABEL, zone
    hostname = labels.get(names.HOSTNAME_LABEL)
    if hostname and tier_of(labels) is Tier.EDGE:
        return names.HOSTNAME_LABEL, hostname
    return None


def _manifest(label: str, value: str, members: Sequence[Node]) -> dict[str, Any]:
    region = next((node.labels[names.REGION_LABEL] for node in members if names.REGION_LABEL in node.labels), "")
    spec: dict[str, Any] = {"tier": tier_of(members[0].labels).value, "nodeSelector": {label: value}}
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Site",
        "metadata": {"name": _site_name(value), "labels": {names.DISCOVERED_LABEL: "true"}},
        "spec": {**spec, "region": region} if region else spec,
    }


def _site_name(value: str) -> str:
    """A DNS label from a label's value; where it had to be changed, a digest keeps two values apart."""
    cleaned = re.sub(r"[^a-z0-9-]+", "-", value.lower()).strip("-")
    if cleaned == value and len(value) <= _LONGEST_NAME:
        return value
    digest = sha256(value.encode()).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{cleaned[: _LONGEST_NAME - _DIGEST_CHARACTERS - 1].strip('-')}-{digest}".strip("-")
