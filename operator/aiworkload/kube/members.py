# SPDX-License-Identifier: Apache-2.0
"""Every node's site, kept up as labels and selectors change, so that a snapshot asks only about what changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiworkload.snapshot.membership import Claim, Selectors


@dataclass(frozen=True, slots=True)
class Moved:
    """Whom a change concerns."""

    nodes: set[str] = field(default_factory=set[str])
    """Other Sites select them than before."""
    sites: set[str] = field(default_factory=set[str])
    """Their nodes, or who contests them, may have changed."""


class Members:
    """Which Sites select each node, and what follows: who keeps it, and what is contested."""

    def __init__(self) -> None:
        self._selectors = Selectors(())
        self._claims: dict[str, Claim] = {}
        self._labels: dict[str, Mapping[str, str]] = {}
        self._selecting: dict[str, tuple[str, ...]] = {}
        self._selected: dict[str, set[str]] = {}
        self._nodes: dict[str, tuple[str, ...]] = {}

    def site_of(self, node: str) -> str | None:
        """The oldest Site that selects it; None: there is none."""
        selecting = self._selecting.get(node)
        return selecting[0] if selecting else None

    def nodes_of(self, site: str) -> tuple[str, ...]:
        """The nodes that a site keeps, sorted."""
        standing = self._nodes.get(site)
        if standing is None:
            kept = (node for node in self._selected.get(site, ()) if self._selecting[node][0] == site)
            standing = self._nodes[site] = tuple(sorted(kept))
        return standing

    def contested(self, site: str) -> tuple[tuple[str, str], ...]:
        """(node, other site) for each of its nodes that another selects too, sorted."""
        return tuple(
            sorted(
                (node, other)
                for node in self._selected.get(site, ())
                if len(self._selecting[node]) > 1
                for other in self._selecting[node]
                if other != site
            )
        )

    def update(self, labels_of: Mapping[str, Mapping[str, str] | None], claims: Mapping[str, Claim]) -> Moved:
        """Take in the labels of nodes that changed (None: gone) and all Sites' claims; tell whom that concerns."""
        moved = Moved()
        if claims != self._claims:
            self._claims, self._selectors = dict(claims), Selectors(claims.values())
            for node, labels in self._labels.items():
                self._select(node, labels, moved)
        for node, found in labels_of.items():
            if found is None:
                self._labels.pop(node, None)
            else:
                self._labels[node] = found
            self._select(node, found or {}, moved)
        return moved

    def _select(self, node: str, labels: Mapping[str, str], moved: Moved) -> None:
        before, after = self._selecting.get(node, ()), self._selectors.selecting(labels)
        if before == after:
            return
        for site in before:
            self._selected[site].discard(node)
        for site in after:
            self._selected.setdefault(site, set()).add(node)
        self._selecting[node] = after
        if not after:
            del self._selecting[node]
        for site in (*before, *after):
            self._nodes.pop(site, None)
        moved.nodes.add(node)
        moved.sites.update(before, after)
