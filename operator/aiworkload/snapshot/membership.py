# SPDX-License-Identifier: Apache-2.0
"""Which node stands at which site.

A Site selects nodes by labels. Two Sites may select one node by mistake: the older one keeps it, and both say so, so
that nothing changes hands silently when a second Site is applied.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """A Site's word on which nodes are its own."""

    site: str
    created_at: float
    node_selector: Mapping[str, str] | None


class Selectors:
    """All Sites' claims, found by a node's labels: thousands of Sites are not asked one by one.

    Each claim is filed under the one label of its selector that the fewest claims share.
    """

    def __init__(self, claims: Iterable[Claim]) -> None:
        by_age = sorted(claims, key=lambda claim: (claim.created_at, claim.site))
        shared = Counter(label for claim in by_age for label in (claim.node_selector or {}).items())
        self._by_label: dict[tuple[str, str], list[tuple[int, Claim]]] = {}
        for age, claim in enumerate(by_age):
            if claim.node_selector:
                rarest = min(claim.node_selector.items(), key=lambda label: (shared[label], label))
                self._by_label.setdefault(rarest, []).append((age, claim))

    def selecting(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The Sites that select a node: the oldest, which keeps it, first; equal ages go by name."""
        found = [
            (age, claim.site)
            for label in labels.items()
            for age, claim in self._by_label.get(label, ())
            if selects(claim.node_selector, labels)
        ]
        return tuple(site for _, site in sorted(found))


def selects(node_selector: Mapping[str, str] | None, labels: Mapping[str, str]) -> bool:
    """Whether a selector matches; a Site without one hosts nothing."""
    return bool(node_selector) and all(labels.get(key) == value for key, value in (node_selector or {}).items())
