# SPDX-License-Identifier: Apache-2.0
"""The thresholds of the whole cluster, each with its unit, default and origin. A workload's own are in its spec."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What the administrator sets for all workloads together."""

    degraded_consecutive_losses: int = 5
    """Probes lost in a row until a site is Degraded (Liqo)."""
    disconnected_seconds: float = 30.0
    """Silence until a site is Disconnected (OpenYurt, Karmada)."""
    reconnected_seconds: float = 30.0
    """Contact without a break until it is Connected again (Karmada)."""
    lost_seconds: float = 600.0
    """Silence of reports and kubelets until a site is Lost (Karmada's graceful replacement)."""
    headroom_percent: int = 10
    """Share of a node's allocatable CPU and memory that a new placement must leave free: room for bursts. Ours."""
    default_compute_milliseconds: int = 0
    """Compute prior for a variant that declares none. 0: only the network counts, and the status says so."""
    target_backoff_seconds: float = 300.0
    """After a move to a site failed, that site is no target for so long; doubled with each failure in a row. Ours."""
