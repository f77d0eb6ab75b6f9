# SPDX-License-Identifier: Apache-2.0
"""The demo's little world: ten nodes in four sites, and how far the sites are from each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

SITE_LABEL: Final = "node-restriction.kubernetes.io/site"
"""The label that `sites.yaml` selects nodes by."""

JITTER_PERCENT: Final = 10
"""A link's round trip varies by this share of itself: enough to see p50 and p95 apart. Ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """One site's machines."""

    name: str
    node_count: int
    cpu: str
    memory: str
    gpu_nodes: int = 0
    """How many of the nodes have one GPU."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes' names; the first one's agent measures for the site."""
        return tuple(f"{self.name}-node-{number}" for number in range(1, self.node_count + 1))

    @property
    def node_selector(self) -> str:
        """What selects the site's nodes, as kubectl and kwok write it."""
        return f"{SITE_LABEL}={self.name}"


PLACES: Final = (
    Place("eu-central", 4, "16", "64Gi", gpu_nodes=2),
    Place("fog-1", 2, "8", "32Gi", gpu_nodes=1),
    Place("plant-7", 2, "4", "8Gi"),
    Place("plant-9", 2, "4", "8Gi"),
)
NAMES: Final = tuple(place.name for place in PLACES)

Pair = tuple[str, str]
"""Two sites; a link is as long in one direction as in the other."""

ROUND_TRIPS: Final[dict[Pair, int]] = {
    ("eu-central", "fog-1"): 10,
    ("eu-central", "plant-7"): 12,
    ("eu-central", "plant-9"): 14,
    ("fog-1", "plant-7"): 4,
    ("fog-1", "plant-9"): 4,
    ("plant-7", "plant-9"): 8,
}
"""Milliseconds there and back when all is well: small enough that a busy machine's own delays, which are measured too,
do not decide the story."""


def pairs() -> Iterator[Pair]:
    """Every two sites, once."""
    return combinations(sorted(NAMES), 2)


def directions() -> Iterator[Pair]:
    """Every two sites in both directions: one proxy each, since each end measures on connections of its own."""
    for one, other in pairs():
        yield one, other
        yield other, one


def round_trip_milliseconds(one: str, other: str) -> int:
    """How long the way between two sites and back takes when all is well."""
    return ROUND_TRIPS[min(one, other), max(one, other)]


def agent_address(site: str) -> str:
    """The loopback address that a site's agent has to itself."""
    return f"127.0.7.{NAMES.index(site) + 1}"
