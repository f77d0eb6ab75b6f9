# SPDX-License-Identifier: Apache-2.0
"""The network path from one site to another."""

from dataclasses import dataclass
from enum import StrEnum

from aiworkload.api.node_report import OUTAGE_LOSSES


class LinkSource(StrEnum):
    """Who says so: an agent's measurement, a Site's declaration, or network coordinates, for want of either."""

    MEASURED = "Measured"
    DECLARED = "Declared"
    ESTIMATED = "Estimated"


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
    """When it was measured, by the API server's time; irrelevant for any other."""
    valid_seconds: float = 30.0

    @property
    def is_out(self) -> bool:
        """Whether the last probes got no answer at all, which is worse than any delay."""
        return self.consecutive_losses >= OUTAGE_LOSSES

    def age(self, now: float) -> float:
        """Seconds since it was measured; a link that was not has no age."""
        return max(0.0, now - self.observed_at) if self.source is LinkSource.MEASURED else 0.0

    def is_stale(self, now: float) -> bool:
        """Whether the measurement is older than its validity."""
        return now - self.observed_at > self.valid_seconds and self.source is LinkSource.MEASURED
