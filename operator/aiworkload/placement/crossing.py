# SPDX-License-Identifier: Apache-2.0
"""The links that a candidate's traffic would cross, for explanations."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiworkload.placement.latency import Reach
from aiworkload.placement.needs import KILOBITS_PER_KIBIBYTE, Needs

UNLIMITED = float("inf")


@dataclass(frozen=True, slots=True)
class Crossing:
    """One link, in kilobits a second."""

    client: str
    asked: float
    """By this workload."""
    spare: float
    """What others leave of it; below zero when they ask for more than there is; infinite: nobody told."""
    capacity: float

    @property
    def share(self) -> float:
        """The part of what is left that would be taken; 0 where nobody told the capacity."""
        return min(1.0, self.asked / self.spare) if self.spare > 0 else 1.0


def crossings(needs: Needs, reach: Reach, site: str, load: Mapping[tuple[str, str], int]) -> tuple[Crossing, ...]:
    """One for each client elsewhere that sends anything."""
    own = {where.site for where in needs.standing}
    found: list[Crossing] = []
    for path, rate in zip(reach.paths, reach.requests_per_second, strict=True):
        asked = needs.kilobits_per_second * rate
        if path.client == site or not asked:
            continue
        capacity = UNLIMITED if path.kilobits is None else float(path.kilobits)
        taken = load.get((path.client, site), 0) * KILOBITS_PER_KIBIBYTE - (asked if site in own else 0.0)
        found.append(Crossing(path.client, asked, capacity - taken, capacity))
    return tuple(found)
