# SPDX-License-Identifier: Apache-2.0
"""The thresholds of the whole cluster, each with its unit, default and origin. A workload's own are in its spec."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What the administrator sets for all workloads together."""

    degraded_consecutive_losses: int = 5
    """Probes lost in a row until a site is Degraded (Liqo)."""
    disconnected_seconds: float = 30.0
    """Silence until a site may be Disconnected, at the earliest (OpenYurt, Karmada)."""
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
    target_backoff_cap_seconds: float = 3600.0
    """The doubling ends here: a site that has healed is tried again within the hour that budgets count by. Ours."""
    max_moves_per_hour: int = 60
    """Moves in the whole cluster until voluntary ones wait: one a minute, which a person can follow and stop. Ours."""
    max_forced_moves_per_cycle: int = 50
    """Forced moves begun in one cycle, so that a dead region's pods do not all start at once: as many as
    kube-scheduler's client may write in a second (its `clientConnection.qps`)."""
    breaker_suspect_percent: int = 20
    """Share of a tier's nodes, beyond which what is seen of the tier is doubted and only rescues move. Ours;
    kube-controller-manager slows its evictions at 55 % of a zone (`--unhealthy-zone-threshold`), and evicting is
    its only remedy, while here waiting costs no more than a better place."""
    warmup_seconds: float = 30.0
    """From a model's last byte to its first answer, as far as a move's cost goes. Ours."""
    move_amortisation_seconds: float = 3600.0
    """Time that a voluntary move has to pay for itself: the hour that budgets count by. Ours."""
    advice_gap_percent: float = 1.0
    """How much worse what stands may be than the solver could make it, by the bound that its last prices certify,
    until all workloads are solved together again. Half of it the solver leaves open itself on 200 sites and 2,000
    workloads; less would be solving for nothing. Ours."""
