# SPDX-License-Identifier: Apache-2.0
"""Which node stands at which site.

A Site selects nodes by labels. Two Sites may select one node by mistake: the older one keeps it, and both say so, so
that nothing changes hands silently when a second Site is applied.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Claim:
    """A Site's word on which nodes are its own."""

    site: str
    created_at: float
    node_selector: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Membership:
    """Every node's site, and what is contested."""

    site_of: Mapping[str, str] = field(default_factory=dict[str, str])
    """By node; a node that no Site selects is missing."""
    nodes_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By site, sorted."""
    contested: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict[str, tuple[tuple[str, str], ...]])
    """By site: (node, other site), sorted."""


def membership(labels_of: Mapping[str, Mapping[str, str]], claims: Iterable[Claim]) -> Membership:
    """Give every node (name to labels) to the oldest Site that selects it; equal ages go by name."""
    by_age = sorted(claims, key=lambda claim: (claim.created_at, claim.site))
    site_of: dict[str, str] = {}
    nodes_of: dict[str, list[str]] = {}
    contested: dict[str, list[tuple[str, str]]] = {}
    for node in sorted(labels_of):
        selecting = [claim.site for claim in by_age if selects(claim.node_selector, labels_of[node])]
        if not selecting:
            continue
        site_of[node] = selecting[0]
        nodes_of.setdefault(selecting[0], []).append(node)
        _note_contest(contested, node, selecting)
    return Membership(
        site_of,
        {site: tuple(nodes) for site, nodes in nodes_of.items()},
        {site: tuple(sorted(others)) for site, others in contested.items()},
    )


def selects(node_selector: Mapping[str, str] | None, labels: Mapping[str, str]) -> bool:
    """Whether a selector matches; a Site without one hosts nothing."""
    return bool(node_selector) and all(labels.get(key) == value for key, value in (node_selector or {}).items())


def _note_contest(contested: dict[str, list[tuple[str, str]]], node: str, selecting: Sequence[str]) -> None:
    for site in selecting if len(selecting) > 1 else ():
        contested.setdefault(site, []).extend((node, other) for other in selecting if other != site)
