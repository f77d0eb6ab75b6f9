# SPDX-License-Identifier: Apache-2.0
"""The weights of a workload: its own numbers, and its profile's where it gives none.

Every profile sums to 15, so a point of one factor is worth as much in one profile as in another, and thresholds in
points (`minGainPoints`) mean the same. Every profile counts every factor: with a weight left out there is always
something that tells sites apart.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiworkload.api.placement import PlacementSpec, Profile, Weights

FACTORS: Final = (
    "latency",
    "cost",
    "bandwidth",
    "headroom",
    "connectivity",
    "stability",
    "accuracy",
    "accelerator",
)
"""The names of all factors, in the order in which they are told."""


def _profile(*weights: int) -> Mapping[str, int]:
    return MappingProxyType(dict(zip(FACTORS, weights, strict=True)))


PROFILES: Final[Mapping[Profile, Mapping[str, int]]] = MappingProxyType(
    {
        # latency, cost, bandwidth, headroom, connectivity, stability, accuracy, accelerator
        #
        # Nearness counts most, and what keeps it near: a link that holds. Price decides between equals only.
        Profile.LATENCY: _profile(6, 1, 1, 2, 2, 1, 1, 1),
        # Nearness as much as any two others together; staying put, accuracy and hardware break ties.
        Profile.BALANCED: _profile(4, 2, 2, 2, 2, 1, 1, 1),
        # Price, and the traffic behind it, count for nearly half; a target that is met is near enough.
        Profile.COST: _profile(2, 5, 2, 1, 1, 2, 1, 1),
    }
)
"""The three profiles. The numbers are ours."""


def weights_of(placement: PlacementSpec) -> Mapping[str, int]:
    """Each factor's weight, 0 to 100, by its name; at least one is above 0, which admission sees to."""
    profile, own = PROFILES[placement.profile], _own(placement.weights)
    return {factor: profile[factor] if weight is None else weight for factor, weight in zip(FACTORS, own, strict=True)}


def _own(weights: Weights) -> tuple[int | None, ...]:
    """The owner's numbers in the order of `FACTORS`."""
    return (
        weights.latency,
        weights.cost,
        weights.bandwidth,
        weights.headroom,
        weights.connectivity,
        weights.stability,
        weights.accuracy,
        weights.accelerator,
    )
