# SPDX-License-Identifier: Apache-2.0
"""How much a point counts, by the workload's priority.

A higher class must outweigh several workloads of the next lower one, and no class may drown all others in rounding:
Kubernetes' own values span two billions. So only the order of the priorities counts: each rank is worth `STEP` of the
next lower. Ours.
"""

from collections.abc import Iterable, Mapping
from typing import Final

STEP: Final = 4.0
"""A point of a class is worth so many of the next lower: one urgent workload takes the place of three, not of five."""
RANKS: Final = 6
"""At most 4^5 = 1,024 to 1 between the highest and the lowest. More priorities than ranks share them evenly."""


def urgencies(priorities: Iterable[int]) -> Mapping[int, float]:
    """The worth of a point for each of these priorities; 1 for the lowest."""
    known = sorted(set(priorities))
    ranks = min(RANKS, len(known))
    return {priority: STEP ** (place * ranks // len(known)) for place, priority in enumerate(known)}
