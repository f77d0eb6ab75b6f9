# SPDX-License-Identifier: Apache-2.0
"""One moment by both of a node's clocks.

The wall clock may be minutes off and may be set while the agent runs, so nothing is measured with it: what was
observed keeps its monotonic second, and only a report, which needs dates, says how long before itself that was. The
operator reads the differences within one report and nothing else (`kube.projection.report`).
"""

import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Moment:
    """Now."""

    monotonic: float
    """Seconds since some start, which no one sets."""
    epoch: float
    """Seconds since 1970 by the node's wall clock."""

    @classmethod
    def now(cls) -> Self:
        """By this machine's clocks."""
        return cls(time.monotonic(), time.time())

    def date_of(self, monotonic: float) -> float:
        """The wall clock's present name for an earlier monotonic second; never later than this moment."""
        return self.epoch - max(0.0, self.monotonic - monotonic)
