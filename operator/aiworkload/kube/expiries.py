# SPDX-License-Identifier: Apache-2.0
"""When time alone makes a report's measurements stale, so that only those few are looked at again."""

import heapq
from typing import Final

_EARLY_SECONDS: Final = 0.001
"""Looked at so much before the moment: the sum of a time and a validity is rounded. Looking once more costs little."""


class Expiries:
    """One alarm a node. It may ring too early, never too late: whoever hears it looks, and sets it again."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def arm(self, node: str, at: float) -> None:
        """Ring at that time, or before. An alarm that stands and rings sooner stays: most are put off by heartbeats."""
        if at < self._at.get(node, float("inf")):
            self._at[node] = at
            heapq.heappush(self._heap, (at, node))

    def passed(self, now: float) -> set[str]:
        """The nodes whose alarm rings; each rings once."""
        ringing: set[str] = set()
        while self._heap and self._heap[0][0] <= now + _EARLY_SECONDS:
            at, node = heapq.heappop(self._heap)
            if self._at.get(node) == at:
                del self._at[node]
                ringing.add(node)
        return ringing
