# SPDX-License-Identifier: Apache-2.0
"""A clock that only the replay moves."""

from dataclasses import dataclass


@dataclass(slots=True)
class VirtualClock:
    """`reconcile.ports.Clock` without waiting."""

    seconds: float
    """Since the epoch."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.seconds

    def advance(self, to: float) -> None:
        """Let time pass; it never runs backwards."""
        self.seconds = max(self.seconds, to)
