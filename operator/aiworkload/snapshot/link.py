# SPDX-License-Identifier: Apache-2.0
"""The network path from one site to another."""

from dataclasses import dataclass
from enum import StrEnum


class LinkSource(StrEnum):
    """Who says so: an agent's measurement, or a Site's declaration."""

    MEASURED = "Measured"
    DECLARED = "Declared"


@dataclass(frozen=True, slots=True)
class Link:
    """A path's round trip as last known. Stale means unknown: see `is_stale`."""

    from_site: str
    to_site: str
    rtt_p50_microseconds: int | None
    rtt_p95_microseconds: int | None
    jitter_microseconds: int = 0
    loss_basis_points: int = 0
    consecutive_losses: int = 0
    bandwidth_kilobits: int | None = None
    source: LinkSource = LinkSource.MEASURED
    observed_at: float = 0.0
    """When it was measured, by the API server's time; irrelevant for a declared link."""
    valid_seconds: float = 30.0

    def age(self, now: float) -> float:
        """Seconds since it was measured; a declared link has no age."""
        return 0.0 if self.source is LinkSource.DECLARED else max(0.0, now - self.observed_at)

    def is_stale(self, now: float) -> bool:
        """Whether the measurement is older than its validity."""
        return self.source is LinkSource.MEASURED and self.age(now) > self.valid_seconds
