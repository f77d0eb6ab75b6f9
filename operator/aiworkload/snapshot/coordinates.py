# SPDX-License-Identifier: Apache-2.0
"""Where sites lie in the network, as reckoned from the round trips that were measured between some of them.

The distance of two sites is an estimate of the round trip that nobody has measured. How the positions are found is
none of this module's business (`sensing.embedding`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Coordinates:
    """Positions with heights: the distance through the core of the network, and each end's own access link."""

    index: Mapping[str, int]
    """The row of each site; a site that was never measured is not in it."""
    positions: Floats
    """[S, D] milliseconds."""
    heights: Floats
    """[S] milliseconds, at least 0."""

    def between(self, one: str, other: str) -> float | None:
        """Milliseconds of the median round trip; None when nothing is known of one of them."""
        row, column = self.index.get(one), self.index.get(other)
        if row is None or column is None:
            return None
        apart = float(np.linalg.norm(self.positions[row] - self.positions[column]))
        return apart + float(self.heights[row]) + float(self.heights[column])

    def row(self, site: str) -> Floats | None:
        """[S] milliseconds to every site, itself included; None when nothing is known of it."""
        row = self.index.get(site)
        if row is None:
            return None
        apart = np.sqrt(np.square(self.positions - self.positions[row]).sum(axis=1))
        found: Floats = apart + self.heights + self.heights[row]
        return found
